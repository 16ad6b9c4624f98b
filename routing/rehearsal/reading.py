"""Recorded requests that may be asked again: drawn by a seed from the newest, or by their ids."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from django.db import connection

from governance.registry.models import System
from governance.scope import Scope
from routing.rehearsal.shapes import Recorded

NEWEST: Final = 5_000
"""A draw reaches no further back than so many executions, whatever the tenant's size."""
_FACTS: Final = """e.id, e.user_request, e.input_data, e.action, e.steps -> 0 ->> 'channel', coalesce(r.session, ''),
  coalesce(r.wanted_system, ''), e.user_satisfaction, e.started_at, e.system_name, e.status, e.duration_ms, e.cost_usd"""
_TELLS: Final = """e.parent_id IS NULL AND e.user_request <> '' AND e.lifecycle_state NOT IN ('ARCHIVED', 'PRUNED')
  AND e.status <> 'governance_blocked'"""
_OF: Final = "e.system_id = %(system)s"
_ROUTED: Final = "e.route IS NOT NULL AND e.route -> 'candidates' -> 0 ->> 'source' <> 'named'"
_NEWEST: Final = f"""
SELECT e.id, ({_TELLS}) AS tells, e.lifecycle_state IN ('ARCHIVED', 'PRUNED') AS is_away FROM executions e
WHERE e.tenant_id = %(tenant)s AND e.started_at >= %(since)s AND e.started_at < %(until)s AND {{of}}
ORDER BY e.started_at DESC LIMIT {NEWEST}"""  # noqa: S608
_DRAW: Final = f"""
WITH newest AS MATERIALIZED ({_NEWEST}),
drawn AS (SELECT id FROM newest WHERE tells ORDER BY md5(%(seed)s || id::text) LIMIT %(most)s)
SELECT {_FACTS} FROM drawn JOIN executions e ON e.tenant_id = %(tenant)s AND e.id = drawn.id
LEFT JOIN execution_requests r ON r.tenant_id = %(tenant)s AND r.id = e.id
ORDER BY md5(%(seed)s || e.id::text)
"""  # noqa: S608
_BY_ID: Final = f"""
SELECT {_FACTS} FROM executions e LEFT JOIN execution_requests r ON r.tenant_id = %(tenant)s AND r.id = e.id
WHERE e.tenant_id = %(tenant)s AND e.id = ANY(%(ids)s) AND {_TELLS} ORDER BY e.id
"""  # noqa: S608
_LEFT_OUT: Final = f"""
SELECT count(*) FILTER (WHERE is_away), count(*) FILTER (WHERE NOT tells AND NOT is_away) FROM ({_NEWEST}) AS newest
"""  # noqa: S608


def requests(
    *, scope: Scope, system: System, is_router: bool, since: datetime, until: datetime, most: int, seed: int
) -> tuple[Recorded, ...]:
    """A draw, the same for the same seed and past: what the system served; for the router all that nobody directed at a system.

    What rules refused, parts that an agent handed on, and what is archived is not among them. One query.
    """
    values = {"system": system.id, "since": since, "until": until, "most": most, "seed": str(seed)}
    return _read(_DRAW.format(of=_ROUTED if is_router else _OF), scope, values)


def requests_by_id(*, scope: Scope, ids: Sequence[str]) -> tuple[Recorded, ...]:
    """Those of these executions whose words are still kept. One query; what is no id is nobody's."""
    known = [found for one in ids if (found := _uuid(one)) is not None]
    return _read(_BY_ID, scope, {"ids": known})


def left_out(*, scope: Scope, system: System, is_router: bool, since: datetime, until: datetime) -> Mapping[str, int]:
    """How many of the executions that a draw looks at cannot be asked again, by reason. One query."""
    values: dict[str, Any] = {"tenant": scope.tenant_id, "system": system.id, "since": since, "until": until}
    with connection.cursor() as cursor:
        cursor.execute(_LEFT_OUT.format(of=_ROUTED if is_router else _OF), values)
        away, silent = cursor.fetchone()
    return dict(Counter({"archived": away, "blocked or handed on": silent}))


def _read(statement: str, scope: Scope, values: Mapping[str, Any]) -> tuple[Recorded, ...]:
    with connection.cursor() as cursor:
        cursor.execute(statement, {"tenant": scope.tenant_id, **values})
        return tuple(_recorded(row) for row in cursor.fetchall())


def _recorded(row: Sequence[Any]) -> Recorded:
    id, text, input, action, channel, session, wanted, stars, at, name, status, ms, cost = row
    was = {"system": name, "action": action, "status": status, "duration_ms": ms}
    return Recorded(
        key=str(id),
        text=text,
        input=json.loads(input) if isinstance(input, str) else input,
        system=wanted,
        channel=channel or "",
        session=session,
        kind=action,
        stars=stars,
        at=at,
        was=was | {"cost_usd": None if cost is None else str(cost)},
    )


def _uuid(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None
