"""Scenarios and runs as files that can be taken away."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final
from urllib.parse import urlencode
from uuid import UUID

from dreams.elicitation import queries
from dreams.elicitation.queries import ItemFilter, RunFilter
from dreams.elicitation.records import line_record, run_record
from dreams.elicitation.scenario import Kind
from governance.exports.sources import CHUNK, Asked, Source
from governance.exports.table import Column, Row
from governance.scope import Scope

ITEM_COLUMNS: Final = (
    "kind",
    "key",
    "title",
    "subject",
    "principle",
    "asked",
    "expected",
    "system",
    "is_active",
    "version",
    "updated_at",
    "updated_by",
)
RUN_COLUMNS: Final = (
    "id",
    "system",
    "at",
    "version",
    "asked",
    "as_expected",
    "checks",
    "agreed",
    "left_out",
    "is_passed",
    "requested_by",
    "digest",
)


def item_filter(parameters: Mapping[str, Any]) -> ItemFilter:
    """What an address asks the list of scenarios for; a word that means nothing is left out."""
    said = _said(parameters, ("kind", "domain", "system", "state", "q"))
    kind = said["kind"] if said["kind"] in list(Kind) else ""
    state = said["state"] if said["state"] in ("active", "off") else ""
    return ItemFilter(**{**said, "kind": kind, "state": state})


def run_filter(parameters: Mapping[str, Any]) -> RunFilter:
    """What an address asks the list of runs for."""
    said = _said(parameters, ("system", "outcome"))
    outcome = said["outcome"] if said["outcome"] in ("passed", "failed") else ""
    return RunFilter(said["system"], outcome)


def _said(parameters: Mapping[str, Any], names: tuple[str, ...]) -> dict[str, str]:
    return {name: str(parameters.get(name, "")).replace("\x00", "").strip()[:200] for name in names}


def _asked(filter: ItemFilter | RunFilter, every: str) -> Asked:
    said = {name: value for name in filter.__slots__ if (value := getattr(filter, name))}
    words = ", ".join(f"{name} {value}" for name, value in said.items())
    return Asked(payload=said, words=words or every, query=urlencode(said))


def _items_asked(scope: Scope, parameters: Mapping[str, str]) -> Asked:
    return _asked(item_filter(parameters), "every scenario and pair")


def _items_count(scope: Scope, payload: dict[str, Any], most: int) -> int:
    return min(most, len(queries.items(scope=scope, filter=item_filter(payload))))


def _items_chunk(scope: Scope, payload: dict[str, Any], cursor: Any) -> tuple[list[Row], Any]:
    """All at once: they are bounded."""
    if cursor:
        return [], None
    rows = [line_record(one) for one in queries.items(scope=scope, filter=item_filter(payload))]
    return [Row({name: one[name] for name in ITEM_COLUMNS}) for one in rows], "end"


def _runs_asked(scope: Scope, parameters: Mapping[str, str]) -> Asked:
    return _asked(run_filter(parameters), "every run")


def _runs_count(scope: Scope, payload: dict[str, Any], most: int) -> int:
    return int(queries.runs(scope=scope, filter=run_filter(payload))[:most].count())


def _runs_chunk(scope: Scope, payload: dict[str, Any], cursor: Any) -> tuple[list[Row], Any]:
    rows = queries.runs(scope=scope, filter=run_filter(payload)).order_by("id")
    found = list((rows.filter(id__gt=UUID(cursor)) if cursor else rows)[:CHUNK])
    lines = [run_record(one) for one in found]
    return [Row({name: one[name] for name in RUN_COLUMNS}) for one in lines], str(found[-1].id) if found else None


SOURCES: Final = (
    Source(
        kind="scenarios",
        title="Canonical scenarios",
        columns=tuple(map(Column, ITEM_COLUMNS)),
        formats=("csv", "json"),
        asked=_items_asked,
        count=_items_count,
        chunk=_items_chunk,
    ),
    Source(
        kind="elicitations",
        title="Runs of the scenarios",
        columns=tuple(map(Column, RUN_COLUMNS)),
        formats=("csv", "json"),
        asked=_runs_asked,
        count=_runs_count,
        chunk=_runs_chunk,
    ),
)
