"""Executions as a file that can be taken away."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, Final
from urllib.parse import urlencode
from uuid import UUID

from django.utils.dateparse import parse_datetime

from governance.errors import Invalid
from governance.exports.sources import CHUNK, Asked, Source
from governance.exports.table import Column, Row
from governance.scope import Capability, Scope
from governance.web import now
from routing.executions import queries, records
from routing.executions.answerable import waiting_ids
from routing.executions.forms import DAYS
from routing.executions.queries import OPEN, RATINGS, Filter
from routing.executions.shapes import MODES, STAGES, STATUSES

_CHOICES: Final = {
    "state": (OPEN, *STAGES, *STATUSES),
    "days": tuple(DAYS),
    "rating": tuple(RATINGS),
    "mode": MODES,
    "stars": ("1", "2", "3", "4", "5"),
    "mine": ("true", "false"),
    "disputed": ("true", "false"),
    "waiting": ("true", "false"),
}
_NAMES: Final = ("q", "system", "who", "channel", *_CHOICES, "since", "until")


def asked(scope: Scope, parameters: Mapping[str, str]) -> Asked:
    """The list's filters. Raises `Invalid` for one that cannot be read: a file must not hold more than was asked for."""
    said = {name: str(parameters[name]).strip() for name in _NAMES if str(parameters.get(name, "")).strip()}
    problems = [
        (f"/{name}", "does not exist") for name, known in _CHOICES.items() if said.get(name, known[0]) not in known
    ]
    problems += [
        (f"/{name}", "is no time with an offset") for name in ("since", "until") if not _is_time(said.get(name))
    ]
    if problems:
        raise Invalid("A filter cannot be read; every fault is listed.", problems=tuple(problems))
    whose = [] if scope.can(Capability.READ_RECORD) else ["their own"]
    words = ", ".join([*whose, *(f"{name} {value}" for name, value in said.items())])
    query = urlencode(said)
    if days := said.pop("days", ""):
        said = {**said, "since": (now() - DAYS[days]).isoformat()}
    return Asked(payload=_whose(scope, said), words=words or "every execution", query=query)


def _whose(scope: Scope, said: dict[str, Any]) -> dict[str, Any]:
    """What depends on who asks, in absolute terms: a long list is written by a job, which is TARS."""
    found = {name: value for name, value in said.items() if name not in {"mine", "waiting"}}
    if said.get("mine") == "true":
        found["of"] = str(scope.actor.user_id)
    if said.get("waiting") == "true":
        found["among"] = sorted(map(str, waiting_ids(scope, at=now())))
    return found


def count(scope: Scope, payload: dict[str, Any], most: int) -> int:
    return queries.executions(scope=scope, filter=_filter(payload))[:most].count()


def chunk(scope: Scope, payload: dict[str, Any], before: Any) -> tuple[list[Row], Any]:
    """Newest first."""
    rows = queries.executions(scope=scope, filter=_filter(payload))
    found = list((rows.filter(id__lt=UUID(before)) if before else rows)[:CHUNK])
    lines = [Row(records.line_record(line)) for line in queries.lines_of(found)]
    return lines, str(found[-1].id) if len(found) == CHUNK else None


def _filter(payload: Mapping[str, Any]) -> Filter:
    times: dict[str, Any] = {
        name: datetime.fromisoformat(payload[name]).astimezone(UTC) for name in ("since", "until") if name in payload
    }
    return Filter(
        text=payload.get("q", ""),
        system=payload.get("system", ""),
        channel=payload.get("channel", ""),
        state=payload.get("state", ""),
        mode=payload.get("mode", ""),
        stars=int(payload.get("stars", 0)),
        rating=payload.get("rating", ""),
        who=payload.get("who", ""),
        of=UUID(payload["of"]) if "of" in payload else None,
        disputed=payload.get("disputed") == "true",
        among=frozenset(map(UUID, payload["among"])) if "among" in payload else None,
        **times,
    )


def _is_time(text: str | None) -> bool:
    if text is None:
        return True
    try:
        found = parse_datetime(text)
        return found is not None and found.tzinfo is not None and found.astimezone(UTC) is not None
    except (ValueError, OverflowError):
        return False


SOURCE: Final = Source(
    kind="executions",
    title="Executions",
    columns=tuple(map(Column, records.COLUMNS)),
    formats=("csv", "json"),
    asked=asked,
    count=count,
    chunk=chunk,
    is_own_without_record=True,
)
