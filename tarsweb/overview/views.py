from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from importlib import import_module
from typing import Any, Final

from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.dateparse import parse_date
from django.utils.http import urlencode
from django.views.decorators.http import require_safe

from billing.budgets.amounts import text
from billing.budgets.board import Meter
from billing.budgets.panel import glance
from governance.amendments.counting import DayCount
from governance.amendments.kinds import AmendmentType
from governance.approvals.queries import late_reviews
from governance.scope import Capability, Scope
from governance.web import now, scope_of, scoped
from routing.executions import queries as executions
from routing.executions.days import DaySums, by_day
from routing.executions.figures import UnderWay, under_way
from routing.figures.span import Span, last_days
from routing.telemetry import queries as telemetry
from tarsweb import humane
from tarsweb.guide.queries import checklist
from tarsweb.guide.session import seen
from tarsweb.inbox.queries import Line, waiting
from tarsweb.overview import figures, queries, work_charts
from tarsweb.overview.greeting import greeting
from tarsweb.overview.queries import RATE_DAYS, RECENT_DAYS, LedgerFigures, RatePoint, SystemRate, Window

PER_PAGE: Final = 25
WORK_DAYS: Final = 7
_WAITING, _RECENT, _SYSTEMS, _OWN = 5, 8, 12, 10


@dataclass(frozen=True, slots=True)
class Tile:
    """What `components/_tile.html` takes."""

    label: str
    figure: str
    note: str
    url: str
    unit: str = ""
    meter: str | None = None
    meter_max: str = ""
    meter_high: str = ""


@require_safe
def home(request: HttpRequest) -> HttpResponse:
    """The desk; platform staff who work in no tenant begin with the tenants."""
    if getattr(request, "scope", None) is None and getattr(request.user, "is_platform_staff", False):
        return redirect("platform:list")
    return _desk(request)


@scoped(None)
def _desk(request: HttpRequest) -> HttpResponse:
    """What waits, what changed and how well changes hold."""
    scope, at = scope_of(request), now()
    if not scope.can(Capability.READ_RECORD):
        return _of_a_member(request, scope)
    lines, rates = waiting(scope, at=at), queries.rollback_rates(scope, most=_SYSTEMS)
    days = queries.days(scope, at)
    span = last_days(RECENT_DAYS, at=at)
    worked = by_day(scope=scope, span=span)
    points, ledger, money = queries.rate_points(days, at), queries.ledger(scope), glance(scope=scope, at=at)
    context = {
        "greeting": _greeting(lines, points[-1], ledger, at),
        "tiles": (
            *_tiles(lines, points[-1], days, ledger, at),
            _work(worked[-WORK_DAYS:], under_way(scope=scope)),
            *_money_tile(money.dollars),
        ),
        "money": money,
        "lines": lines[:_WAITING],
        "late_reviews": late_reviews(scope=scope, at=at) if scope.can(Capability.DECIDE) else 0,
        "waiting": len(lines),
        "recent": queries.recent_amendments(scope, at, _RECENT),
        "recent_url": figures.rows_url(first=_first_recent(at)),
        "rates": [(rate, _links(rate)) for rate in rates.lines],
        "more_systems": max(rates.systems - _SYSTEMS, 0),
        "has_amendments": rates.total > 0,
        "rate_chart": figures.rate_chart(points),
        "type_chart": figures.type_chart(queries.type_weeks(days, at)),
        **_charts(scope, worked, span, at),
        "progress": _progress_of(scope),
        "checklist": checklist(scope=scope, seen=seen(request)),
        "may_remove_demo": scope.can(Capability.MANAGE_PEOPLE),
        "may_propose": scope.can(Capability.PROPOSE),
        "may_register": scope.can(Capability.MANAGE_SYSTEMS),
    }
    return render(request, "tarsweb/overview/page.html", context)


@require_safe
@scoped(None)
def progress(request: HttpRequest) -> HttpResponse:
    """How far the demo has been filled in; once it is done the page is loaded anew."""
    found = _progress_of(scope_of(request))
    response = render(request, "tarsweb/overview/_progress.html", {"progress": found})
    if found is None:
        response["HX-Refresh"] = "true"
    return response


@require_safe
@scoped(to="see the amendments")
def applied(request: HttpRequest) -> HttpResponse:
    """The applied amendments that a number on the overview counted."""
    type = request.GET.get("type", "")
    window = Window(
        first=_day(request.GET.get("from", "")),
        last=_day(request.GET.get("to", "")),
        system=request.GET.get("system", "").strip(),
        type=type if type in set(AmendmentType) else "",
        is_rolled_back=request.GET.get("rolled_back", "") == "1",
    )
    page = Paginator(queries.applied(scope_of(request), window), PER_PAGE).get_page(request.GET.get("page"))
    amendments = [queries.recent_of(row) for row in page.object_list]
    context = {
        "page": page,
        "amendments": amendments,
        "window": window,
        "types": [(type.value, type.label) for type in AmendmentType],
    }
    return render(request, "tarsweb/overview/applied.html", context)


def _greeting(lines: tuple[Line, ...], today: RatePoint, ledger: LedgerFigures, at: datetime) -> str:
    urgent = sum(line.is_due_today or line.is_overdue for line in lines)
    burning = "rollbacks are above their target" if today.rate.is_surely_above else ""
    if ledger.findings:
        burning = "the ledger does not verify"
    return greeting(hour=timezone.localtime(at).hour, waiting=len(lines), urgent=urgent, burning=burning)


def _tiles(
    lines: tuple[Line, ...], today: RatePoint, days: tuple[DayCount, ...], ledger: LedgerFigures, at: datetime
) -> tuple[Tile, ...]:
    oldest = min((line.item.asked_at for line in lines), default=None)
    first, before = _first_recent(at), _first_recent(at) - timedelta(days=RECENT_DAYS)
    recent = sum(day.total for day in days if day.day >= first)
    earlier = sum(day.total for day in days if before <= day.day < first)
    return (
        Tile(
            "Waiting for you",
            f"{len(lines):,}",
            f"The oldest asked {humane.ago(oldest, now=at)}" if oldest else "All answered",
            reverse("inbox:list"),
        ),
        Tile(
            f"Rollback rate, {RATE_DAYS} days",
            figures.percent(today.rate.share),
            figures.rate_note(today.rate),
            figures.rows_url(first=today.first, last=today.last),
        ),
        Tile(
            f"Applied, last {RECENT_DAYS} days",
            f"{recent:,}",
            f"{earlier:,} in the {RECENT_DAYS} days before",
            figures.rows_url(first=first),
            "amendment" if recent == 1 else "amendments",
        ),
        Tile(
            "Ledger",
            f"{ledger.entries:,}",
            _ledger_note(ledger, at),
            reverse("ledger:list"),
            "entry" if ledger.entries == 1 else "entries",
        ),
    )


def _money_tile(dollars: Meter | None) -> tuple[Tile, ...]:
    """The dollars of the longest window, where some are planned."""
    if dollars is None:
        return ()
    ends = dollars.forecast.exhausted_at if dollars.forecast else None
    about = f"runs out {timezone.localtime(ends):%d %b} at this pace" if ends else f"{dollars.free_text} free"
    return (
        Tile(
            f"{dollars.window_label} dollars",
            dollars.used_text,
            f"{dollars.held_text} held · {about}",
            reverse("budgets:list"),
            f"of {dollars.total_text}",
            text(dollars.committed),
            text(dollars.total),
            text(dollars.total * dollars.alert_threshold),
        ),
    )


def _work(days: Sequence[DaySums], open: UnderWay) -> Tile:
    """What agents did these days, and what is under way."""
    total, good = sum(one.sums.total for one in days), sum(one.sums.succeeded for one in days)
    share = f"{100 * good / total:.1f} % succeeded, " if total else ""
    waiting = ""
    if open.waiting:
        which = "all" if open.waiting == open.total else f"{open.waiting:,} of them"
        waiting = f", {which} waiting for approval"
    return Tile(
        f"Executions, {len(days)} days",
        f"{total:,}",
        f"{share}{open.total:,} under way{waiting}",
        work_charts.executions_url(days[0].day, days[-1].day),
    )


def _charts(scope: Scope, worked: Sequence[DaySums], span: Span, at: datetime) -> dict[str, Any]:
    """The work of the last 30 days, where there was some; the figures page has the rest."""
    tools = telemetry.by_error_rate(telemetry.figures(scope=scope, since=span.starts_at, until=at))
    return {
        "at": at,
        "has_work": any(one.sums.total for one in worked),
        "work_chart": work_charts.routing_chart(worked, system=""),
        "has_tools": bool(tools),
        "tools_chart": work_charts.tools_chart(tools, span.first),
    }


def _of_a_member(request: HttpRequest, scope: Scope) -> HttpResponse:
    """What somebody without a desk asked for, and where to ask."""
    found = executions.page(scope=scope, filter=executions.Filter(), limit=_OWN)
    return render(request, "tarsweb/overview/member.html", {"found": found})


def _ledger_note(ledger: LedgerFigures, at: datetime) -> str:
    if ledger.findings:
        noun = "finding" if ledger.findings == 1 else "findings"
        return f"✕ {ledger.findings:,} {noun}, verified {humane.ago(ledger.verified_at or at, now=at)}"
    if ledger.verified_at:
        return f"✓ verified {humane.ago(ledger.verified_at, now=at)}"
    return f"The last one {humane.ago(ledger.last_at, now=at)}, not verified today" if ledger.last_at else "Nothing yet"


def _links(rate: SystemRate) -> dict[str, str]:
    """Where the figures of one system lead."""
    return {
        "total": figures.rows_url(system=rate.system),
        "rollbacks": f"{reverse('amendments:list')}?{urlencode({'system': rate.system, 'state': 'rolled_back'})}",
    }


def _first_recent(at: datetime) -> date:
    return at.astimezone(UTC).date() - timedelta(days=RECENT_DAYS - 1)


def _day(text: str) -> date | None:
    try:
        return parse_date(text)
    except ValueError:
        return None


def _progress_of(scope: Scope) -> Any:
    # By name: the product runs without its demo.
    try:
        module = import_module("tarsweb.demo.progress")
    except ModuleNotFoundError as missing:
        if not (missing.name or "").startswith("tarsweb.demo"):
            raise
        return None
    return module.of(scope)
