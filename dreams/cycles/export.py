"""The list of nights, and the rates week by week, as files that can be taken away."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any, Final
from urllib.parse import urlencode
from uuid import UUID

from dreams.cycles import queries
from dreams.cycles.models import State
from dreams.cycles.queries import NightFilter
from dreams.cycles.rates import rates
from dreams.cycles.records import night_record, week_record
from governance.exports.sources import CHUNK, Asked, Source
from governance.exports.table import Column, Row
from governance.scope import Scope
from governance.web import now

COLUMNS: Final = (
    "night",
    "system",
    "state",
    "starts_at",
    "ended_at",
    "tried",
    "won",
    "in_production",
    "runs",
    "spent_usd",
    "stopped_because",
)

WEEK_COLUMNS: Final = ("week", "total_dreams", "promoted", "promotion_rate", "promotions_applied", "promotions_kept")


def filter_of(parameters: Mapping[str, Any]) -> NightFilter:
    """What an address asks the list for; a state that there is not and a day that is none are left out."""
    state = str(parameters.get("state", ""))
    system = str(parameters.get("system", "")).replace("\x00", "").strip()
    return NightFilter(
        state=state if state in {*State.values, "won"} else "",
        system=system,
        since=_day(parameters.get("from")),
        until=_day(parameters.get("to")),
    )


def asked(scope: Scope, parameters: Mapping[str, str]) -> Asked:
    filter = filter_of(parameters)
    days = {"from": filter.since, "to": filter.until}
    said = {"state": filter.state, "system": filter.system} | {k: v.isoformat() for k, v in days.items() if v}
    said = {name: value for name, value in said.items() if value}
    words = ", ".join(f"{name} {value}" for name, value in said.items())
    return Asked(payload=dict(said), words=words or "every night", query=urlencode(said))


def count(scope: Scope, payload: dict[str, Any], most: int) -> int:
    return int(queries.nights(scope=scope, filter=filter_of(payload))[:most].count())


def chunk(scope: Scope, payload: dict[str, Any], cursor: Any) -> tuple[list[Row], Any]:
    rows = queries.nights(scope=scope, filter=filter_of(payload)).order_by("id")
    found = list((rows.filter(id__gt=UUID(cursor)) if cursor else rows)[:CHUNK])
    records = [night_record(line) for line in queries.lines_of(found, scope=scope)]
    return [Row({name: one[name] for name in COLUMNS}) for one in records], str(found[-1].id) if found else None


def asked_rates(scope: Scope, parameters: Mapping[str, str]) -> Asked:
    """The 90 days up to this moment."""
    at = now()
    return Asked(payload={"at": at.isoformat()}, words=f"the 90 days up to {at:%Y-%m-%d}", query="")


def count_rates(scope: Scope, payload: dict[str, Any], most: int) -> int:
    return len(rates(scope=scope, at=datetime.fromisoformat(payload["at"])).weeks[:most])


def chunk_rates(scope: Scope, payload: dict[str, Any], cursor: Any) -> tuple[list[Row], Any]:
    """All at once, the newest week first."""
    found = rates(scope=scope, at=datetime.fromisoformat(payload["at"]))
    return [Row(week_record(one)) for one in found.weeks], None


def _day(value: Any) -> date | None:
    if isinstance(value, date):
        return value
    try:
        found = date.fromisoformat(str(value))
    except ValueError:
        return None
    return found if 1900 < found.year < 9000 else None


SOURCE: Final = Source(
    kind="nights",
    title="Nights",
    columns=tuple(map(Column, COLUMNS)),
    formats=("csv", "json"),
    asked=asked,
    count=count,
    chunk=chunk,
)
RATES: Final = Source(
    kind="dream-rates",
    title="Promotion rate of dreams",
    columns=tuple(map(Column, WEEK_COLUMNS)),
    formats=("csv", "json"),
    asked=asked_rates,
    count=count_rates,
    chunk=chunk_rates,
)
SOURCES: Final = (SOURCE, RATES)
