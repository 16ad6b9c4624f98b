"""The list of watches as a file that can be taken away."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final
from urllib.parse import urlencode
from uuid import UUID

from dreams.guardrails import queries
from dreams.guardrails.models import State
from dreams.guardrails.queries import WatchFilter
from dreams.guardrails.records import line_record
from governance.exports.sources import CHUNK, Asked, Source
from governance.exports.table import Column, Row
from governance.scope import Scope

COLUMNS: Final = ("amendment", "system", "state", "begins_at", "ends_at", "trigger", "because", "took_seconds")


def filter_of(parameters: Mapping[str, Any]) -> WatchFilter:
    """What an address asks the list for; a state that there is not is none."""
    state = str(parameters.get("state", ""))
    system = str(parameters.get("system", "")).replace("\x00", "").strip()
    return WatchFilter(state=state if state in {*State.values, "open"} else "", system=system)


def asked(scope: Scope, parameters: Mapping[str, str]) -> Asked:
    filter = filter_of(parameters)
    said = {name: value for name in ("state", "system") if (value := getattr(filter, name))}
    words = ", ".join(f"{name} {value}" for name, value in said.items())
    return Asked(payload=said, words=words or "every watched amendment", query=urlencode(said))


def count(scope: Scope, payload: dict[str, Any], most: int) -> int:
    return int(queries.watches(scope=scope, filter=filter_of(payload))[:most].count())


def chunk(scope: Scope, payload: dict[str, Any], cursor: Any) -> tuple[list[Row], Any]:
    rows = queries.watches(scope=scope, filter=filter_of(payload)).order_by("id")
    found = list((rows.filter(id__gt=UUID(cursor)) if cursor else rows)[:CHUNK])
    lines = [line_record(line) for line in queries.lines_of(found)]
    return [Row({name: one[name] for name in COLUMNS}) for one in lines], str(found[-1].id) if found else None


SOURCE: Final = Source(
    kind="watches",
    title="Watched amendments",
    columns=tuple(map(Column, COLUMNS)),
    formats=("csv", "json"),
    asked=asked,
    count=count,
    chunk=chunk,
)
