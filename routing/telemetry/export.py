"""Tool calls and their figures as files that can be taken away."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final
from urllib.parse import urlencode
from uuid import UUID

from governance.errors import Invalid
from governance.exports.sources import CHUNK, Asked, Source
from governance.exports.table import Column, Row
from governance.scope import Scope
from governance.web import now
from routing.figures.span import chosen, last_days
from routing.telemetry import queries, records
from routing.telemetry.forms import CallFilterForm, asked_by


def asked_calls(scope: Scope, parameters: Mapping[str, str]) -> Asked:
    """The page's filters. Raises `Invalid` for one that cannot be read: a file must not hold more than was asked for."""
    form = CallFilterForm(parameters)
    if not form.is_valid():
        raise Invalid(form.unread[0], problems=tuple((f"/{name}", form.unread[0]) for name in form.errors))
    return _asked(asked_by(form.filter(at=now())))


def asked_figures(scope: Scope, parameters: Mapping[str, str]) -> Asked:
    """A named `range`, or `days`; `system`: the tools of one server."""
    at = now()
    since, until, _ = queries.range_of(str(parameters.get("range", "")), at=at)
    if parameters.get("days"):
        since = last_days(chosen(str(parameters["days"])), at=at).starts_at
    server = str(parameters.get("system", "")).strip()
    return _asked(asked_by(queries.CallFilter(server=server, since=since, until=until)))


def count_calls(scope: Scope, payload: dict[str, Any], most: int) -> int:
    return queries.matching(scope=scope, filter=_filter(payload))[:most].count()


def chunk_calls(scope: Scope, payload: dict[str, Any], before: Any) -> tuple[list[Row], Any]:
    """Newest first."""
    found = queries.calls(scope=scope, filter=_filter(payload), before=UUID(before) if before else None, limit=CHUNK)
    return [Row(records.call_record(call)) for call in found.lines], str(found.older) if found.older else None


def count_figures(scope: Scope, payload: dict[str, Any], most: int) -> int:
    return len(_figures(scope, payload)[:most])


def chunk_figures(scope: Scope, payload: dict[str, Any], cursor: Any) -> tuple[list[Row], Any]:
    """All at once, the tool that fails most often first."""
    return [Row(records.figure_record(one)) for one in _figures(scope, payload)], None


def _asked(said: dict[str, str]) -> Asked:
    words = ", ".join(f"{name} {value}" for name, value in said.items())
    return Asked(payload=dict(said), words=words or "every call", query=urlencode(said))


def _figures(scope: Scope, payload: dict[str, Any]) -> list[queries.Figures]:
    filter = _filter(payload)
    assert filter.since is not None and filter.until is not None
    found = queries.figures(scope=scope, since=filter.since, until=filter.until)
    return queries.by_error_rate(one for one in found if filter.server in ("", one.server))


def _filter(payload: dict[str, Any]) -> queries.CallFilter:
    said = {name: value for name, value in payload.items() if name != "up_to"}
    for name in ("since", "until"):
        if name in said:
            said[name] = datetime.fromisoformat(said[name])
    return queries.CallFilter(**said)


CALLS: Final = Source(
    kind="tool-calls",
    title="Tool calls",
    columns=tuple(map(Column, records.CALL_COLUMNS)),
    formats=("csv", "json"),
    asked=asked_calls,
    count=count_calls,
    chunk=chunk_calls,
)
FIGURES: Final = Source(
    kind="tools",
    title="Tools",
    columns=tuple(map(Column, records.FIGURE_COLUMNS)),
    formats=("csv", "json"),
    asked=asked_figures,
    count=count_figures,
    chunk=chunk_figures,
)
SOURCES: Final = (CALLS, FIGURES)
