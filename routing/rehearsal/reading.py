"""Recorded requests that may be asked again: drawn by a seed from the newest, or by their ids; and why the others may not.

However many executions there are, a draw looks at the newest `NEWEST` of its window, through the index of a system's (or all)
executions by time, and reads whole only those that it draws.
"""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Final, Protocol
from uuid import UUID

from governance import sql
from governance.errors import DomainError
from governance.scope import Scope
from routing.connectors import ways
from routing.connectors.models import Connector
from routing.executions.asked import Asked
from routing.executions.stages import Status
from routing.rehearsal import looking
from routing.rehearsal.aside import only_reading
from routing.rehearsal.looking import NOTHING, Seen
from routing.rehearsal.shapes import Recorded

NEWEST: Final = 20_000
"""A draw reaches no further back than so many executions, whatever the tenant's size."""
AWAY, PART, BLOCKED, DIRECTED, UNCONNECTED, WRITES, OLDER = (
    "archived or destroyed",
    "a part that a system handed on",
    "refused by rules or by people",
    "directed at a system by who asked",
    "of a system that has no connector now",
    "would write, and the agent does not simulate",
    "older than the newest that are looked at",
)
_AWAY: Final = ("ARCHIVED", "PRUNED")
_TELLS: Final = "e.lifecycle_state <> ALL(%(away)s) AND e.parent_id IS NULL AND e.user_request <> ''"
_WINDOW: Final = """
SELECT e.id, e.system_id, e.system_name, e.action, e.lifecycle_state = ANY(%(away)s), e.parent_id IS NOT NULL, e.status,
  r.wanted_system <> ''
FROM (SELECT id, system_id, system_name, action, lifecycle_state, parent_id, status FROM executions
  WHERE tenant_id = %(tenant)s AND started_at >= %(since)s AND started_at < %(until)s {of}
  ORDER BY started_at DESC, id DESC LIMIT %(most)s) e
LEFT JOIN execution_requests r ON r.tenant_id = %(tenant)s AND r.id = e.id
"""
_OF_ONE: Final = _WINDOW.format(of="AND system_id = %(system)s")
_OF_ALL: Final = _WINDOW.format(of="")
_WHOLE: Final = f"""
SELECT e.id, e.user_request, e.input_data, e.action, e.system_name, e.status, e.duration_ms, e.cost_usd, e.user_satisfaction,
  e.started_at, e.steps -> 0 ->> 'channel', e.route -> 'candidates' -> 0 ->> 'source', coalesce(r.wanted_system, ''),
  coalesce(r.session, ''), coalesce(r.body_digest, ''), e.requested_by, e.user_id, r.accountable_id
FROM executions e LEFT JOIN execution_requests r ON r.tenant_id = %(tenant)s AND r.id = e.id
WHERE e.tenant_id = %(tenant)s AND e.id = ANY(%(ids)s) AND {_TELLS}
"""  # noqa: S608


class Named(Protocol):
    """A system, or what stands for one."""

    @property
    def id(self) -> UUID: ...

    @property
    def name(self) -> str: ...


@dataclass(frozen=True, slots=True)
class _Row:
    id: UUID
    system_id: UUID | None
    system: str
    action: str
    is_away: bool
    is_part: bool
    status: str
    is_directed: bool | None


def requests(
    *, scope: Scope, system: Named, is_router: bool, since: datetime, until: datetime, most: int, seed: int
) -> tuple[Recorded, ...]:
    """A draw, the same for the same seed and past: what the system served; for the router all that nobody directed at a system.

    Only what a dream may ask again is among it. Four statements.
    """
    with only_reading(scope.tenant_id):
        rows = _window(scope, system, is_router=is_router, since=since, until=until)
        fits = [row.id for row, why in _told(scope, rows, is_router=is_router) if not why]
        drawn = sorted(fits, key=lambda id: _place(seed, id))[:most]
        found = _whole(scope, drawn)
    return tuple(found[id] for id in drawn if id in found and not (is_router and found[id].system))


def requests_by_id(*, scope: Scope, ids: Iterable[str]) -> tuple[Recorded, ...]:
    """Those of these executions whose words are still kept, in this order. One statement; what is no id is nobody's."""
    wanted = [id for one in ids if (id := _uuid(one)) is not None]
    with only_reading(scope.tenant_id):
        found = _whole(scope, wanted)
    return tuple(found[id] for id in dict.fromkeys(wanted) if id in found)


def left_out(*, scope: Scope, system: Named, is_router: bool, since: datetime, until: datetime) -> Mapping[str, int]:
    """How many of the executions that a draw looks at may not be asked again, by reason; and of those that are older than the
    newest `NEWEST` that there is one at least. Three statements."""
    with only_reading(scope.tenant_id):
        rows = _window(scope, system, is_router=is_router, since=since, until=until, more=1)
        counted = Counter(why for _, why in _told(scope, rows[:NEWEST], is_router=is_router) if why)
    return dict(counted) | ({OLDER: 1} if len(rows) > NEWEST else {})


def _window(
    scope: Scope, system: Named, *, is_router: bool, since: datetime, until: datetime, more: int = 0
) -> list[_Row]:
    values = {"tenant": scope.tenant_id, "since": since, "until": until, "system": system.id}
    values |= {"most": NEWEST + more, "away": list(_AWAY)}
    return [_Row(*row) for row in sql.rows(_OF_ALL if is_router else _OF_ONE, values)]


def _told(scope: Scope, rows: Sequence[_Row], *, is_router: bool) -> Iterator[tuple[_Row, str]]:
    """Each row with why it may not be asked again, "" where it may."""
    seen = _connected(scope, {row.system_id for row in rows if row.system_id})
    known: dict[tuple[UUID, str], str] = {}
    for row in rows:
        yield row, _why(row, is_router=is_router) or _refusal(row, seen, known)


def _why(row: _Row, *, is_router: bool) -> str:
    if row.is_away:
        return AWAY
    if row.is_part:
        return PART
    if row.status == Status.GOVERNANCE_BLOCKED.value:
        return BLOCKED
    return DIRECTED if is_router and row.is_directed else ""


def _refusal(row: _Row, seen: Mapping[UUID, Seen], known: dict[tuple[UUID, str], str]) -> str:
    """By system and action, which many rows share. What nobody served may be served under another law."""
    if row.system_id is None:
        return ""
    if (one := seen.get(row.system_id)) is None:
        return UNCONNECTED
    key = (row.system_id, row.action)
    if key not in known:
        known[key] = WRITES if one.refusal(system=row.system, tool=one.tool_for(row.action)) else ""
    return known[key]


def _connected(scope: Scope, ids: Collection[UUID]) -> dict[UUID, Seen]:
    """The systems that have a connector, whether or not it can be called now. Two statements."""
    rows = list(Connector.objects.filter(tenant_id=scope.tenant_id, system_id__in=ids)) if ids else []
    known = looking.tools(scope=scope, connector_ids=[row.id for row in rows if row.kind in ways.WITH_TOOLS])
    return {row.system_id: Seen(row, known.get(row.id, NOTHING), None) for row in rows}


def _whole(scope: Scope, ids: Sequence[UUID]) -> dict[UUID, Recorded]:
    values = {"tenant": scope.tenant_id, "ids": list(ids), "away": list(_AWAY)}
    return {row[0]: _recorded(row) for row in (sql.rows(_WHOLE, values) if ids else [])}


def _recorded(row: Sequence[Any]) -> Recorded:
    id, text, input, action, system, status, ms, cost, stars, at, channel, source, wanted, session, digest, *asker = row
    was = {"system": system, "action": action, "status": status, "duration_ms": ms}
    found = Recorded(
        key=str(id),
        text=text,
        input=json.loads(input) if isinstance(input, str) else input,
        system=wanted or (system if source == "named" else ""),
        channel=channel or "",
        session=session,
        kind=action,
        stars=stars,
        at=at,
        was=was | {"cost_usd": None if cost is None else str(cost)},
        requested_by=asker[0],
        user_id=asker[1],
        accountable_id=asker[2],
    )
    return replace(found, action=action) if digest and action and _was_stated(found, action, digest) else found


def _was_stated(found: Recorded, action: str, digest: str) -> bool:
    """Whether who asked stated the action: the digest that was made of the request as it came says so."""
    try:
        return Asked(found.text, found.input, found.system, action, found.session).body_digest == digest
    except DomainError:
        return False


def _place(seed: int, id: UUID) -> bytes:
    return hashlib.sha256(f"{seed}/{id}".encode()).digest()


def _uuid(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None
