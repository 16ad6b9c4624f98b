from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_http_methods

from governance.amendments import actions
from governance.amendments.models import Rollback, RollbackState
from governance.amendments.queries import roll_back_preview
from governance.amendments.queries.page import factor_for
from governance.amendments.views.common import confirmed, demand_reader, leave, to_amendment, typed
from governance.errors import DomainError, NotFound
from governance.scope import Capability
from governance.web import now, page_or_fragment, reading, scope_of, scoped, wants_fragment


@require_http_methods(["GET", "HEAD", "POST"])
@scoped(None)
def roll_back(request: HttpRequest, number: int) -> HttpResponse:
    """GET: what rolling back would do, as a page or in the dialog. POST: do it, bound to the digest that was shown."""
    scope, at = scope_of(request), now()
    if request.method != "POST":
        scope.demand(Capability.READ_RECORD, to="see this")
        return _drawn(request, number)
    try:
        rollback = actions.roll_back(
            scope=scope,
            number=number,
            digest=request.POST.get("digest", ""),
            reason=typed(request, "reason"),
            confirmation=confirmed(request, at=at),
            at=at,
        )
    except NotFound:
        raise
    except DomainError as refusal:
        demand_reader(scope, refusal)
        with reading(request):
            return _drawn(request, number, refusal=refusal)
    away = leave if wants_fragment(request) else to_amendment
    return away(request, number, said=_said(number, rollback))


def _said(number: int, rollback: Rollback) -> str:
    if rollback.state == RollbackState.DONE:
        return f"AMD-{number} is rolled back: {rollback.sentence}"
    return f"You asked to roll back AMD-{number}. A second person must confirm, because undoing it expands something."


def _drawn(request: HttpRequest, number: int, *, refusal: DomainError | None = None) -> HttpResponse:
    scope = scope_of(request)
    context: dict[str, Any] = {
        "preview": roll_back_preview(scope=scope, number=number, at=now()),
        "factor": factor_for(scope),
        "refusal": refusal,
        "reason": typed(request, "reason"),
    }
    return page_or_fragment(
        request,
        page="governance/amendments/roll_back.html",
        fragment="governance/amendments/_roll_back.html",
        context=context,
        status=refusal.status if refusal else 200,
    )
