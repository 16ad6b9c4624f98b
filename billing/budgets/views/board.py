from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from billing.budgets import held, wishes
from billing.budgets import history as past
from billing.budgets.amounts import about, said
from billing.budgets.board import board
from billing.budgets.forms import AskForm
from billing.budgets.kinds import UNITS
from billing.budgets.models import Resource
from billing.budgets.systems import by_system, one_system
from billing.budgets.top_ups import bound_of
from billing.budgets.views.common import tabs
from governance.errors import DomainError
from governance.identity.confirm import factor_of
from governance.scope import Capability, Scope
from governance.web import now, scope_of, scoped

MOST_HOLDS = 8


@require_safe
@scoped(to="see the budgets")
def page(request: HttpRequest) -> HttpResponse:
    """What this tenant may spend, how much of it is spent or held, and where work is stopped next."""
    return drawn(request)


def drawn(request: HttpRequest, *, refusal: DomainError | None = None, number: int = 0) -> HttpResponse:
    """The page; `refusal` stands on the card of top-up `number`."""
    scope, at = scope_of(request), now()
    cards = wishes.cards(scope=scope, at=at)
    context = {
        "board": board(scope=scope, at=at),
        "cards": cards,
        "closed": wishes.closed_here(scope=scope, at=at),
        "factor": factor_of(request.user) if any(card.may_answer for card in cards) else None,  # type: ignore[arg-type]
        "refusal": refusal,
        "refused": number,
        "may_plan": scope.can(Capability.MANAGE_BUDGETS),
        "may_ask": scope.can(Capability.SPEND) or scope.can(Capability.MANAGE_BUDGETS),
        "tabs": tabs("budgets:list", waiting=len(cards)),
    }
    return render(request, "billing/budgets/page.html", context, status=refusal.status if refusal else 200)


@require_safe
@scoped(to="see a budget")
def budget(request: HttpRequest, resource_id: UUID) -> HttpResponse:
    """One budget: its window, its systems, the windows before it."""
    return budget_drawn(request, resource_id)


def budget_drawn(
    request: HttpRequest, resource_id: UUID, *, form: AskForm | None = None, refusal: DomainError | None = None
) -> HttpResponse:
    """The page of one budget, with its form to ask for more."""
    scope, at = scope_of(request), now()
    row = past.found(scope=scope, resource_id=resource_id)
    shown = past.history(scope=scope, row=row, at=at)
    open_holds = held.holds(
        scope=scope, filter=held.HoldFilter(state="held", resource=resource_id), at=at, limit=MOST_HOLDS
    )
    context = {
        "history": shown,
        "tabs": tabs("budgets:list"),
        "meter": shown.meter,
        "chart": _chart(shown),
        "windows_chart": _windows_chart(shown),
        "holds": open_holds,
        "windows_query": urlencode({"type": row.resource_type, "window": row.window_type}),
        "may_plan": scope.can(Capability.MANAGE_BUDGETS),
        "wishes": wishes.of_budget(scope=scope, resource_id=resource_id),
        "refusal": refusal,
        **_asking(scope, row, form, at=at),
    }
    return render(request, "billing/budgets/budget.html", context, status=refusal.status if refusal else 200)


@require_safe
@scoped(to="see what systems spend")
def systems(request: HttpRequest) -> HttpResponse:
    """What each system takes of the running budgets."""
    lines = by_system(scope=scope_of(request), at=now())
    return render(request, "billing/budgets/systems.html", {"lines": lines, "tabs": tabs("budgets:systems")})


@require_safe
@scoped(to="see what a system spends")
def system(request: HttpRequest, name: str) -> HttpResponse:
    """One system's shares and quotas, and who sets them."""
    scope = scope_of(request)
    context = {
        "system": one_system(scope=scope, name=name, at=now()),
        "may_plan": scope.can(Capability.MANAGE_BUDGETS),
        "may_propose": scope.can(Capability.PROPOSE),
    }
    return render(request, "billing/budgets/system.html", context)


def _asking(scope: Scope, row: Resource, form: AskForm | None, *, at: datetime) -> dict[str, Any]:
    """The form to ask for more with what may be asked, or why there is none."""
    may_ask = scope.can(Capability.SPEND) or scope.can(Capability.MANAGE_BUDGETS)
    if not row.window_start <= at < row.window_end or not row.is_limit:
        return {}
    if not may_ask:
        return {"ask_refused": scope.why_not(Capability.MANAGE_BUDGETS, to="ask for a top-up")}
    return {"ask": form or AskForm(), "bound": said(row.resource_type, bound_of(row))}


def _chart(shown: past.History) -> dict[str, Any]:
    """The charges of the window in time, and the same as a sentence and rows."""
    meter = shown.meter
    most = max(shown.parts, key=lambda part: part.used, default=None)
    summary = _("%(used)s were spent so far.") % {"used": meter.counted_text}
    if most is not None and most.used:
        words = {"when": most.label, "used": f"{about(meter.type, most.used)} {UNITS[meter.type]}"}
        summary += " " + _("The most from %(when)s (UTC) on: %(used)s.") % words
    return {
        "x": [part.label for part in shown.parts],
        "series": {_("Spent"): [float(part.used) for part in shown.parts]},
        "summary": summary,
        "columns": [_("From (UTC)"), _("Spent")],
        "rows": [(part.label, about(meter.type, part.used)) for part in shown.parts if part.used],
    }


def _windows_chart(shown: past.History) -> dict[str, Any]:
    """The windows of this kind, the oldest first; their rows stand in the table below."""
    rows = list(reversed(shown.windows))
    mean = sum((one.meter.used for one in rows), Decimal(0)) / len(rows)
    words = {"count": len(rows), "mean": f"{about(shown.meter.type, mean)} {UNITS[shown.meter.type]}"}
    return {
        "x": [one.title for one in rows],
        "series": {
            _("Spent"): [float(one.meter.used) for one in rows],
            _("Held"): [float(one.meter.reserved) for one in rows],
        },
        "summary": _("On average %(mean)s a window, over the last %(count)s.") % words,
        "columns": [_("From (UTC)"), _("Spent"), _("Held")],
        "rows": [(one.title, one.meter.used_text, one.meter.held_text) for one in rows],
    }
