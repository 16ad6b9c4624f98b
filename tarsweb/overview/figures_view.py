"""The figures page: every monitoring query of the sources as a chart, with the rows behind its numbers."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import Any, Final

from django.http import HttpRequest, HttpResponse
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from billing.budgets.board import limits_now
from governance.amendments import counting
from governance.registry.queries import names as system_names
from governance.scope import Scope
from governance.web import now, page_or_fragment, scope_of, scoped
from routing.executions.days import DaySums, by_day, by_system
from routing.figures.span import CHOICES, Span, chosen, last_days
from routing.telemetry import queries as telemetry
from tarsweb.overview import queries, work_charts
from tarsweb.overview.figures import MOST_BARS, applied_chart, system_rate_chart
from tarsweb.overview.queries import Window
from tarsweb.overview.work_charts import MOST_ROWS

MOST_AMENDMENTS: Final = 50


@require_safe
@scoped(to="see the figures")
def figures(request: HttpRequest) -> HttpResponse:
    """Over some days and, if one is named, of one system."""
    scope, at = scope_of(request), now()
    names = system_names(scope=scope)
    count, system = chosen(request.GET.get("days", "")), request.GET.get("system", "").strip()
    system, is_exact = system if system in names else "", request.GET.get("exact") == "1"
    span = last_days(count, at=at)
    asked = {"days": str(count), **({"system": system} if system else {})}
    days = by_day(scope=scope, span=span, system=system, exact=is_exact)
    context = {
        "at": at,
        "days": count,
        "day_choices": [(one, _labels()[one]) for one in CHOICES],
        "system": system,
        "names": names,
        "is_exact": is_exact,
        "query": urlencode(asked),
        "tiles": _tiles(days, span, system),
        "has_work": any(one.sums.total for one in days),
        "routing": work_charts.routing_chart(days, system=system),
        "outcomes": work_charts.outcome_chart(days, system=system),
        "health": work_charts.health_chart(by_system(scope=scope, span=span, system=system, exact=is_exact), span),
        **_tools(scope, span, system, at, is_exact),
        "money": work_charts.money_chart(limits_now(scope=scope, at=at)),
        **_amendments(scope, system, span.first, is_exact),
    }
    return page_or_fragment(
        request, page="tarsweb/overview/figures.html", fragment="tarsweb/overview/_figures.html", context=context
    )


def _tools(scope: Scope, span: Span, system: str, at: datetime, is_exact: bool) -> dict[str, Any]:
    found = telemetry.figures(scope=scope, since=span.starts_at, until=at, is_exact=is_exact)
    tools = telemetry.by_error_rate(one for one in found if system in ("", one.server))
    return {
        "has_tools": bool(tools),
        "tools": work_charts.tools_chart(tools, span.first),
        "slow": work_charts.slow_chart(tools, span.first),
    }


def _amendments(scope: Scope, system: str, first: date, is_exact: bool) -> dict[str, Any]:
    rates = queries.rollback_rates(scope, system=system, most=MOST_ROWS, is_exact=is_exact)
    window = Window(first=first, system=system)
    rows = queries.applied(scope, window)[:MOST_AMENDMENTS]
    return {
        "rates": system_rate_chart(rates),
        "has_rates": rates.total > 0,
        "recent": applied_chart(
            [queries.recent_of(row) for row in rows],
            counting.since(scope=scope, first=first, system=system, most=MOST_BARS),
            first,
        ),
    }


def _tiles(days: list[DaySums], span: Span, system: str) -> list[dict[str, str]]:
    total, good = sum(one.sums.total for one in days), sum(one.sums.succeeded for one in days)
    cost = sum((one.sums.cost_sum for one in days), start=Decimal(0))
    url = work_charts.executions_url(span.first, span.last, system=system)
    rate = work_charts.share(100 * good / total) if total else "—"
    return [
        {"label": _("Executions"), "figure": f"{total:,}", "url": url if total else ""},
        {"label": _("Successful"), "figure": rate, "note": f"{good:,}"},
        {"label": _("Cost"), "figure": f"{cost:,.2f}", "unit": "USD"},
    ]


def _labels() -> dict[int, str]:
    return {
        1: _("Today"), 7: _("Last 7 days"), 30: _("Last 30 days"), 90: _("Last 90 days"), 365: _("Last 365 days"),
    }  # fmt: skip
