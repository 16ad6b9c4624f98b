"""The overview's charts: the figure, the sentence that says it, and the numbers with links to their rows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

from django.urls import reverse
from django.utils.html import format_html
from django.utils.http import urlencode
from django.utils.safestring import SafeString

from governance.amendments.counting import Since
from governance.amendments.kinds import AmendmentType
from tarsweb import charts, humane
from tarsweb.overview.queries import RATE_DAYS, RatePoint, Rates, Recent, TypeWeek
from tarsweb.overview.rate import TARGET, Rate

_FEW: Final = 8
"""Below this many a week, the axis counts by one: there is no half amendment."""
MOST_BARS: Final = 12
_NONE: Final = "Nothing was applied."
_TARGET_NAME: Final = f"target < {TARGET:.0%}".replace("%", " %")


@dataclass(frozen=True, slots=True)
class Chart:
    """What `components/_chart.html` takes."""

    figure: dict[str, Any]
    summary: str
    columns: tuple[str, ...]
    rows: tuple[tuple[SafeString | str, ...], ...]


def rows_url(
    *, first: date | None = None, last: date | None = None, is_rolled_back: bool = False, **others: str
) -> str:
    """The address of the rows behind a number."""
    asked = {
        "from": first.isoformat() if first else "",
        "to": last.isoformat() if last else "",
        "rolled_back": "1" if is_rolled_back else "",
        **others,
    }
    return f"{reverse('overview:applied')}?{urlencode({key: value for key, value in asked.items() if value})}"


def percent(share: float | None) -> str:
    return "—" if share is None else f"{share * 100:.1f} %"


def rate_chart(points: Sequence[RatePoint]) -> Chart:
    """The rollback rate over time with its band and the target."""
    figure = charts.line_with_band(
        [point.last for point in points],
        [point.rate.share for point in points],
        low=[point.rate.low if point.rate.total else None for point in points],
        high=[point.rate.high if point.rate.total else None for point in points],
        name="Rollback rate",
        target=TARGET,
        target_name=_TARGET_NAME,
        y_format=".1%",
    )
    rows = tuple(
        (humane.day(point.last), *_counts(point), percent(point.rate.share), point.rate.band or "—")
        for point in reversed(points)
    )
    columns = (f"{RATE_DAYS} days up to", "Applied", "Rolled back", "Rate", "95 % band")
    return Chart(figure, _rate_summary(points), columns, rows)


def type_chart(weeks: Sequence[TypeWeek]) -> Chart:
    """Applied amendments by week, stacked by type."""
    series = {type.label: [week.by_type[type.value] for week in weeks] for type in AmendmentType}
    rows = tuple(
        (
            humane.day(week.monday),
            *(_type_cell(week, type) for type in AmendmentType),
            _link(week.total, rows_url(first=week.monday, last=week.sunday)),
        )
        for week in reversed(weeks)
    )
    columns = ("Week from", *(type.label for type in AmendmentType), "All")
    figure = charts.stacked_bars([week.monday for week in weeks], series)
    if max(week.total for week in weeks) < _FEW:
        figure["layout"]["yaxis"]["dtick"] = 1
    return Chart(figure, _type_summary(weeks), columns, rows)


def system_rate_chart(rates: Rates) -> Chart:
    """The rollback rate of each system since its registration, the highest first (seeds/000, Rollback Rate)."""
    found = [one for one in rates.lines if one.rate.total]
    shown = found[:MOST_BARS]
    figure = charts.ranking(
        [one.system for one in shown],
        [one.rate.share for one in shown],
        name="Rollback rate",
        x_format=".1%",
        colour="--chart-4",
        target=TARGET,
        target_name=_TARGET_NAME,
    )
    rows = tuple(
        (
            _system(one.system),
            _link(one.rate.total, rows_url(system=one.system)),
            _link(one.rate.rollbacks, rows_url(system=one.system, is_rolled_back=True)),
            percent(one.rate.share),
            one.rate.band or "—",
        )
        for one in found
    )
    summary = _NONE
    if rates.total:
        summary = (
            f"{rates.rollbacks:,} of {rates.total:,} amendments were rolled back, since each system was registered."
        )
    if rates.systems > len(rates.lines):
        summary += f" The table has the {len(found):,} systems with the highest rate; the file has all."
    return Chart(figure, summary, ("System", "Applied", "Rolled back", "Rate", "95 % band"), rows)


def applied_chart(recent: Sequence[Recent], counts: Since, first: date) -> Chart:
    """The amendments applied since a day, by system; the table has the newest of them (seeds/000, Recent Amendments)."""
    figure = charts.ranking(list(counts.by_system), list(counts.by_system.values()), name="Applied")
    rows = tuple(
        (
            _amendment(one.number, one.sentence),
            _system(one.system),
            AmendmentType(one.type).label,
            one.approved_by,
            humane.moment(one.approved_at),
            "—" if one.rolled_back_at is None else humane.moment(one.rolled_back_at),
        )
        for one in recent
    )
    total = counts.total
    noun = "amendment was" if total == 1 else "amendments were"
    summary = f"{total:,} {noun} applied since {humane.day(first)}." if recent else _NONE
    if total > len(recent):
        summary += f" The table has the newest {len(recent):,}."
    return Chart(figure, summary, ("Amendment", "System", "Type", "Approved by", "Approved", "Rolled back"), rows)


def _system(name: str) -> SafeString:
    return format_html('<a class="mono" href="{}">{}</a>', reverse("systems:detail", args=[name]), name)


def _amendment(number: int, sentence: str) -> SafeString:
    return format_html('<a href="{}">{}</a>', reverse("amendments:detail", args=[number]), sentence or f"AMD-{number}")


def rate_note(rate: Rate) -> str:
    """ "3 of 107 · 95 % band 0.6–8.0 % · target < 5 %"."""
    if not rate.total:
        return "Nothing was applied, so there is no rate"
    return f"{rate.rollbacks:,} of {rate.total:,} · 95 % band {rate.band} · {_TARGET_NAME}"


def _rate_summary(points: Sequence[RatePoint]) -> str:
    rate = points[-1].rate
    if rate.share is None:
        return f"No amendment was applied in the last {RATE_DAYS} days."
    side = "not below" if rate.is_above_target else "below"
    chance = ""
    if rate.is_above_target and not rate.is_surely_above:
        chance = ", though with so few amendments it may be chance"
    return (
        f"Of {rate.total:,} amendments applied in the last {RATE_DAYS} days {rate.rollbacks:,} "
        f"{'was' if rate.rollbacks == 1 else 'were'} rolled back: {percent(rate.share)}, {side} the target of "
        f"{TARGET * 100:.0f} %{chance}."
    )


def _type_summary(weeks: Sequence[TypeWeek]) -> str:
    total = sum(week.total for week in weeks)
    if not total:
        return f"No amendment was applied in the last {len(weeks)} weeks."
    most = max(AmendmentType, key=lambda type: sum(week.by_type[type.value] for week in weeks))
    count = sum(week.by_type[most.value] for week in weeks)
    noun = "amendment was" if total == 1 else "amendments were"
    return f"{total:,} {noun} applied in {len(weeks)} weeks, most often a {most.label.lower()} ({count:,})."


def _counts(point: RatePoint) -> tuple[SafeString | str, SafeString | str]:
    behind = rows_url(first=point.first, last=point.last)
    undone = rows_url(first=point.first, last=point.last, is_rolled_back=True)
    return _link(point.rate.total, behind), _link(point.rate.rollbacks, undone)


def _type_cell(week: TypeWeek, type: AmendmentType) -> SafeString | str:
    return _link(week.by_type[type.value], rows_url(first=week.monday, last=week.sunday, type=type.value))


def _link(count: int, url: str) -> SafeString | str:
    return format_html('<a href="{}">{}</a>', url, f"{count:,}") if count else "0"
