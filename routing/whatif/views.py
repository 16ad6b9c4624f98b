from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.http import content_disposition_header
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from governance.errors import DomainError, NotFound
from governance.exports.table import MEDIA
from governance.web import now, page_or_fragment, reading, scope_of, scoped
from routing.whatif import actions, attaching, export, queries
from routing.whatif.forms import WhatIfForm, typed_of
from routing.whatif.showing import figures_of

_TO = "ask what would have happened"


@require_http_methods(["GET", "HEAD", "POST"])
@scoped(to=_TO)
def index(request: HttpRequest) -> HttpResponse:
    """The form and the newest results; `?amendment=`, `?off=`, `?threshold=`, `?days=` fill it in, `?again=` as it was."""
    scope, refusal = scope_of(request), None
    with reading(request):
        initial = _initial(request)
        offer = queries.offer(scope=scope, off=tuple(initial["off"]))
        form = WhatIfForm(request.POST if request.method == "POST" else None, offer=offer, initial=initial)
    if form.is_bound and form.is_valid():
        try:
            job = actions.start(scope=scope, asked=form.asked, at=now())
        except DomainError as refused:
            refusal = refused
        else:
            return redirect("whatif:detail", job.id)
    with reading(request):
        status = refusal.status if refusal else 422 if form.is_bound else 200
        lines = queries.recent(scope=scope)
        context = {"form": form, "offer": offer, "lines": lines, "refusal": refusal}
        return render(request, "routing/whatif/page.html", context, status=status)


@require_safe
@scoped(to=_TO)
def detail(request: HttpRequest, job_id: UUID) -> HttpResponse:
    """One result; it asks again by itself while the replay runs."""
    context = _context(request, job_id)
    return page_or_fragment(
        request, page="routing/whatif/detail.html", fragment="routing/whatif/_result.html", context=context
    )


@require_POST
@scoped(to="attach evidence to an amendment")
def attach(request: HttpRequest, job_id: UUID) -> HttpResponse:
    """Make the result evidence of an amendment."""
    number = request.POST.get("amendment", "")
    try:
        if not number.isdecimal() or len(number) > 9:
            raise NotFound("There is no such amendment.")
        made = actions.attach(scope=scope_of(request), job_id=job_id, number=int(number), at=now())
    except NotFound:
        raise
    except DomainError as refusal:
        with reading(request):
            context = _context(request, job_id, refusal=refusal)
            return render(request, "routing/whatif/detail.html", context, status=refusal.status)
    said = _("The result is evidence of %(label)s now, as revision %(revision)s.")
    messages.success(request, said % {"label": made.label, "revision": made.revision})
    return redirect("amendments:detail", number=made.number)


@require_safe
@scoped(to="take a result away")
def file(request: HttpRequest, job_id: UUID, format: str) -> HttpResponse:
    """The result as JSON, byte for byte what is attached, or its moves as CSV."""
    result = queries.found(scope=scope_of(request), job_id=job_id).demand_result()
    content = queries.content_of(result) if format == "json" else export.moves_csv(result)
    response = HttpResponse(content, content_type=MEDIA[format])
    name = f"what-if-{str(job_id)[-12:]}.{format}"
    response["Content-Disposition"] = content_disposition_header(as_attachment=True, filename=name) or "attachment"
    response["Cache-Control"] = "private, no-store"
    return response


def _context(request: HttpRequest, job_id: UUID, *, refusal: DomainError | None = None) -> dict[str, Any]:
    scope = scope_of(request)
    found = queries.found(scope=scope, job_id=job_id)
    context: dict[str, Any] = {"found": found, "result": found.result, "refusal": refusal}
    if found.result is None:
        return context
    return {
        **context,
        "figures": figures_of(found.result["figures"]),
        "moves": [(move, figures_of(move)) for move in found.result["moves"]],
        "targets": attaching.targets(scope=scope, result=found.result),
        "others": attaching.others(scope=scope, result=found.result),
        "digest": found.digest,
    }


def _initial(request: HttpRequest) -> dict[str, Any]:
    """What the address fills in; what cannot be read is left out."""
    asked = request.GET
    if again := _id(asked.get("again", "")):
        return typed_of(queries.found(scope=scope_of(request), job_id=again).asked)
    amendment = asked.get("amendment", "").removeprefix("AMD-")
    said: dict[str, Any] = {"off": [str(id) for one in asked.getlist("off")[:50] if (id := _id(one))]}
    if amendment.isdecimal():
        said["amendment"] = amendment
    for name in ("threshold", "days"):
        if asked.get(name):
            said[name] = asked[name][:8]
    return said


def _id(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None
