"""The charts of what agents did: the figure, the sentence that says it, and the numbers with links to their rows."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from decimal import Decimal
from typing import Final

from django.urls import reverse
from django.utils.html import format_html
from django.utils.http import urlencode
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from billing.budgets.board import Meter
from routing.executions.days import DaySums, Sums, SystemSums
from routing.executions.stages import Stage, Status
from routing.figures.span import Span, midnight
from routing.telemetry.bars import names_of
from routing.telemetry.queries import SLOW_MS, timed
from routing.telemetry.queries import Figures as Tool
from tarsweb import charts, humane
from tarsweb.overview.figures import Chart

Cell = SafeString | str
MOST_BARS: Final = 12
MOST_ROWS: Final = 200
"""Of tools; the file has all."""
_OUTCOMES: Final = (
    (Status.SUCCESS, "succeeded"), (Status.PARTIAL, "partial"), (Status.FAILED, "failed"), (Status.TIMEOUT, "timed_out"),
    (Status.GOVERNANCE_BLOCKED, "blocked"),
)  # fmt: skip


def share(value: Decimal | float | None, places: int = 1) -> str:
    """A per cent value as text."""
    return "—" if value is None else f"{value:.{places}f} %"


def took(ms: float | None) -> str:
    return "—" if ms is None else humane.took(ms)


def dollars(value: Decimal | None) -> str:
    return "—" if value is None else f"{value:.4f} USD" if 0 < value < Decimal("0.01") else f"{value:,.2f} USD"


def executions_url(first: date, last: date, *, system: str = "", state: str = Stage.DONE.value) -> str:
    """The address of the executions that were counted."""
    asked = {
        "since": f"{midnight(first):%Y-%m-%dT%H:%M:%SZ}",
        "until": f"{midnight(last + timedelta(days=1)):%Y-%m-%dT%H:%M:%SZ}",
        "system": system,
        "state": state,
    }
    return f"{reverse('executions:list')}?{urlencode({name: value for name, value in asked.items() if value})}"


def routing_chart(days: Sequence[DaySums], *, system: str) -> Chart:
    """Confidence and success by day (seeds/004, Clay Router Performance)."""
    figure = charts.lines(
        [one.day for one in days],
        {
            _("Success rate"): [_part(one.sums.success_rate) for one in days],
            _("Routing confidence, average"): [_float(one.sums.confidence) for one in days],
        },
        y_format=".0%",
        most=1.05,
    )
    rows = tuple(
        (
            humane.day(one.day),
            _count(one.sums.total, executions_url(one.day, one.day, system=system)),
            "—" if one.sums.confidence is None else f"{one.sums.confidence:.2f}",
            _count(one.sums.succeeded, executions_url(one.day, one.day, system=system, state=Status.SUCCESS.value)),
            share(one.sums.success_rate),
            took(one.sums.median_ms),
            took(one.sums.p95_ms),
            dollars(one.sums.cost),
        )
        for one in reversed(days)
    )
    columns = (
        _("Day (UTC)"), _("Executions"), _("Confidence"), _("Successful"), _("Success rate"), _("Median"), _("95 % within"),
        _("Average cost"),
    )  # fmt: skip
    return Chart(figure, _routing_summary(days), columns, rows)


def outcome_chart(days: Sequence[DaySums], *, system: str) -> Chart:
    """How executions ended, by day."""
    labels = {Status.SUCCESS: _("Success"), Status.PARTIAL: _("Partial"), Status.FAILED: _("Failed"),
              Status.TIMEOUT: _("Timed out"), Status.GOVERNANCE_BLOCKED: _("Blocked")}  # fmt: skip
    figure = charts.stacked_bars(
        [one.day for one in days],
        {labels[status]: [getattr(one.sums, name) for one in days] for status, name in _OUTCOMES},
        colours=("--chart-1", "--chart-2", "--chart-bad", "--chart-3", "--chart-5"),
    )
    rows = tuple(
        (
            humane.day(one.day),
            *(
                _count(getattr(one.sums, name), executions_url(one.day, one.day, system=system, state=status.value))
                for status, name in _OUTCOMES
            ),
        )
        for one in reversed(days)
    )
    totals = {labels[status]: sum(getattr(one.sums, name) for one in days) for status, name in _OUTCOMES}
    said = ", ".join(f"{count:,} {label.lower()}" for label, count in totals.items() if count)
    total = sum(totals.values())
    summary = _("Of %(total)s executions: %(said)s.") % {"total": f"{total:,}", "said": said} if total else _NONE
    return Chart(figure, summary, (_("Day (UTC)"), *labels.values()), rows)


def health_chart(systems: Sequence[SystemSums], span: Span) -> Chart:
    """Every system's figures (seeds/004, System Health Dashboard); bars for the busiest."""
    shown = [one for one in systems if one.sums.total][:MOST_BARS]
    figure = charts.ranking(
        [one.name or _("nobody") for one in shown],
        [_part(one.sums.success_rate) for one in shown],
        name=_("Success rate"),
        x_format=".0%",
    )
    rows = tuple((_system(one), *_health_cells(one.sums, one.name, span), one.status or "—") for one in systems)
    columns = (
        _("System"), _("Executions"), _("Successful"), _("Success rate"), _("Average cost"), _("Average time"), _("Median"),
        _("95 % within"), _("Stars"), _("Status"),
    )  # fmt: skip
    return Chart(figure, _health_summary(shown), columns, rows)


def tools_chart(tools: Sequence[Tool], first: date) -> Chart:
    """The error rate by tool, the worst first."""
    shown = [one for one in tools if one.errors][:MOST_BARS] or list(tools[:MOST_BARS])
    figure = charts.ranking(
        names_of(shown), [float(one.error_rate) / 100 for one in shown], name=_("Error rate"), x_format=".1%",
        colour="--chart-bad",
    )  # fmt: skip
    total, errors = sum(one.total for one in tools), sum(one.errors for one in tools)
    if not total:
        summary = _("No tool ran in this time.")
    elif not errors:
        summary = _("None of %(total)s calls failed.") % {"total": f"{total:,}"}
    else:
        worst = tools[0]
        summary = _("%(errors)s of %(total)s calls failed; most often %(tool)s (%(rate)s).") % {
            "errors": f"{errors:,}",
            "total": f"{total:,}",
            "tool": worst.tool,
            "rate": share(worst.error_rate),
        }
    return Chart(figure, summary, _tool_columns(), tuple(_tool_cells(one, first) for one in tools[:MOST_ROWS]))


def slow_chart(tools: Sequence[Tool], first: date) -> Chart:
    """How long successful calls take on average, the slowest first, with the mark above which a tool is slow."""
    slowest = timed(tools)
    shown = slowest[:MOST_BARS]
    figure = charts.ranking(
        names_of(shown), [float(one.avg_ms or 0) / 1000 for one in shown], name=_("Average seconds"),
        x_format=".2f", target=SLOW_MS / 1000, target_name=_("slow: above %(n)s s") % {"n": SLOW_MS // 1000},
    )  # fmt: skip
    slow = [one for one in slowest if one.is_slow]
    if not slowest:
        summary = _("No tool ran in this time.")
    elif not slow:
        summary = _("No tool is slow: the slowest, %(tool)s, takes %(time)s on average.") % {
            "tool": slowest[0].tool,
            "time": took(float(slowest[0].avg_ms or 0)),
        }
    else:
        summary = _("%(count)s of %(all)s tools are slow; the slowest, %(tool)s, takes %(time)s on average.") % {
            "count": len(slow),
            "all": len(slowest),
            "tool": slow[0].tool,
            "time": took(float(slow[0].avg_ms or 0)),
        }
    return Chart(figure, summary, _tool_columns(), tuple(_tool_cells(one, first) for one in slowest[:MOST_ROWS]))


def money_chart(meters: Sequence[Meter]) -> Chart:
    """How much of each running budget is spent or held, the fullest first (seeds/004, Resource Usage Alert)."""
    limits = sorted((one for one in meters if one.is_limit and one.total > 0), key=lambda one: -one.part)
    shown = limits[:MOST_BARS]
    figure = charts.ranking(
        [one.name for one in shown], [float(one.committed / one.total) for one in shown], name=_("Spent or held"),
        x_format=".0%", colour="--chart-3",
    )  # fmt: skip
    near = [one for one in limits if one.is_near]
    if not limits:
        summary = _("No budget is set.")
    elif not near:
        summary = _("No budget is near its limit; the fullest is %(name)s.") % {"name": limits[0].name_within}
    else:
        summary = _("%(near)s of %(all)s budgets are at or above their alert mark; the fullest is %(name)s.") % {
            "near": len(near),
            "all": len(limits),
            "name": near[0].name_within,
        }
    columns = (_("Budget"), _("Spent"), _("Held"), _("Free"), _("Total"), _("Used"), _("Alert mark"), _("Near"))
    return Chart(figure, summary, columns, tuple(map(_meter_cells, limits)))


_NONE: Final = "Nothing was done in this time."


def _routing_summary(days: Sequence[DaySums]) -> str:
    total, good = sum(one.sums.total for one in days), sum(one.sums.succeeded for one in days)
    if not total:
        return _(_NONE)
    sure = [one.sums.confidence for one in days if one.sums.confidence is not None]
    text = _("%(good)s of %(total)s executions succeeded (%(rate)s)") % {
        "good": f"{good:,}",
        "total": f"{total:,}",
        "rate": share(100 * good / total),
    }
    if not sure:
        return f"{text}."
    return _("%(text)s; the router's average confidence of a day was between %(low)s and %(high)s.") % {
        "text": text,
        "low": f"{min(sure):.2f}",
        "high": f"{max(sure):.2f}",
    }


def _health_summary(shown: Sequence[SystemSums]) -> str:
    rated = [one for one in shown if one.name and one.sums.success_rate is not None]
    if not rated:
        return _(_NONE)
    worst = min(rated, key=lambda one: (one.sums.success_rate or 0, one.name))
    return _("%(count)s systems worked; %(name)s succeeded least often (%(rate)s of %(total)s).") % {
        "count": len(rated),
        "name": worst.name,
        "rate": share(worst.sums.success_rate),
        "total": f"{worst.sums.total:,}",
    }


def _health_cells(sums: Sums, name: str, span: Span) -> tuple[Cell, ...]:
    # what nobody got has no system to filter by
    first, last = span.first, span.last
    all = _count(sums.total, executions_url(first, last, system=name)) if name else f"{sums.total:,}"
    good = executions_url(first, last, system=name, state=Status.SUCCESS.value)
    return (
        all,
        _count(sums.succeeded, good) if name else f"{sums.succeeded:,}",
        share(sums.success_rate),
        dollars(sums.cost),
        took(sums.avg_ms),
        took(sums.median_ms),
        took(sums.p95_ms),
        "—" if sums.stars is None else f"{sums.stars:.1f} ({sums.rated:,})",
    )


def _system(one: SystemSums) -> Cell:
    if not one.name:
        return _("nobody")
    return format_html('<a class="mono" href="{}">{}</a>', reverse("systems:detail", args=[one.name]), one.name)


def _tool_columns() -> tuple[str, ...]:
    return (
        _("Tool"), _("Server"), _("Calls"), _("Failed"), _("Error rate"), _("Average"), _("95 % within"), _("Longest"),
    )  # fmt: skip


def _tool_cells(one: Tool, first: date) -> tuple[Cell, ...]:
    asked = {"server": one.server, "tool": one.tool, "since": f"{midnight(first):%Y-%m-%dT%H:%M:%SZ}"}
    url = f"{reverse('telemetry:calls')}?{urlencode(asked)}"
    return (
        format_html('<a class="mono" href="{}">{}</a>', url, one.tool),
        one.server,
        _count(one.total, url),
        _count(one.errors, f"{url}&outcome=failed"),
        share(one.error_rate, 2),
        took(None if one.avg_ms is None else float(one.avg_ms)),
        took(one.p95_ms),
        took(None if one.max_ms is None else float(one.max_ms)),
    )


def _meter_cells(one: Meter) -> tuple[Cell, ...]:
    return (
        format_html('<a href="{}">{}</a>', reverse("budgets:budget", args=[one.id]), one.name),
        one.used_text,
        one.held_text,
        one.free_text,
        one.total_text,
        share(100 * one.committed / one.total),
        share(100 * one.alert_threshold, 0),
        _("yes") if one.is_near else _("no"),
    )


def _count(count: int, url: str) -> Cell:
    return format_html('<a href="{}">{}</a>', url, f"{count:,}") if count else "0"


def _part(rate: Decimal | None) -> float | None:
    return None if rate is None else float(rate) / 100


def _float(value: Decimal | None) -> float | None:
    return None if value is None else float(value)
