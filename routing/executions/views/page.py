"""One execution: followed while it runs, explained when it is done; its answer and its receipt as files."""

from __future__ import annotations

import json
from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.cache import patch_vary_headers
from django.utils.http import content_disposition_header
from django.views.decorators.http import require_safe

from governance.errors import DomainError, NotFound
from governance.identity.confirm import factor_of
from governance.ids import new_id
from governance.web import now, reading, scope_of, scoped, wants_fragment
from routing.executions import beside, queries
from routing.executions.card import Card, card
from routing.executions.preview import preview

_FOLDER = "routing/executions"


@require_safe
@scoped(None)
def detail(request: HttpRequest, execution_id: UUID) -> HttpResponse:
    """The page. `?seen=` and `?progress=` are what the page that follows it shows: 204 when nothing moved since."""
    found = card(scope=scope_of(request), id=execution_id)
    if wants_fragment(request) and request.GET.get("seen") == found.moment:
        if request.GET.get("progress") == str(found.line.progress):
            return HttpResponse(status=204)
        return render(request, f"{_FOLDER}/_progress.html", {"card": found})
    if not wants_fragment(request):
        beside.opened(scope=scope_of(request), id=execution_id, at=now())
    response = render(request, _template(request), _context(request, found))
    if wants_fragment(request):
        response["HX-Retarget"], response["HX-Reswap"] = "#_execution", "outerHTML"
    patch_vary_headers(response, ["HX-Request"])
    return response


@require_safe
@scoped(None)
def answer(request: HttpRequest, execution_id: UUID) -> HttpResponse:
    """What the agent answered, as JSON."""
    whole = queries.execution(scope=scope_of(request), id=execution_id)
    if not whole.line.is_done:
        raise NotFound("There is no answer yet.")
    return _file(whole.output, f"answer-{execution_id}.json")


@require_safe
@scoped(None)
def receipt(request: HttpRequest, execution_id: UUID) -> HttpResponse:
    """The receipt, as `tars ledger verify --receipt` reads it."""
    found = queries.receipt(scope=scope_of(request), id=execution_id)
    return _file(found.as_json(), f"receipt-{execution_id}.json")


def drawn(
    request: HttpRequest, execution_id: UUID, *, refusal: DomainError | None = None, near: str = "top"
) -> HttpResponse:
    """The page after a verb, or its fragment; a refusal stands `near` what was pressed."""
    with reading(request):
        found = card(scope=scope_of(request), id=execution_id)
        context = _context(request, found, refusal=refusal, near=near)
        return render(request, _template(request), context, status=refusal.status if refusal else 200)


def _template(request: HttpRequest) -> str:
    return f"{_FOLDER}/_execution.html" if wants_fragment(request) else f"{_FOLDER}/detail.html"


def _context(
    request: HttpRequest, found: Card, *, refusal: DomainError | None = None, near: str = "top"
) -> dict[str, Any]:
    scope, at = scope_of(request), now()
    asked = preview(scope=scope, id=found.line.id, at=at) if found.is_waiting else None
    places = {"decide": asked is not None, "say": found.may_act and found.line.is_done, "again": found.may_request}
    return {
        "card": found,
        "panels": beside.panels(scope=scope, id=found.line.id),
        "asked": asked,
        "factor": factor_of(request.user) if asked and asked.box.is_open else "",  # type: ignore[arg-type]
        "refusal": refusal,
        "near": near if places.get(near) else "top",
        "typed": request.POST if refusal else {},
        "key": new_id(at),
    }


def _file(content: Any, name: str) -> HttpResponse:
    response = HttpResponse(
        json.dumps(content, indent=2, ensure_ascii=False, sort_keys=True), content_type="application/json"
    )
    response["Content-Disposition"] = content_disposition_header(as_attachment=True, filename=name) or "attachment"
    response["Cache-Control"] = "private, no-store"
    return response
