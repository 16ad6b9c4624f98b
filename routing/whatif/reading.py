"""What a replay reads: rules and systems with their vectors, executions in batches newest first, what a system did lately.

Vectors come in pgvector's own bytes: four for a number, after two words that say how many.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any, Final
from uuid import UUID

import numpy as np
from django.db import connection

from governance.rulebook.law_document import SYSTEM_NAME as LAW
from governance.scope import Scope
from routing.embeddings.embedder import Vectors
from routing.executions.stages import Status
from routing.router.nearest import NearRule
from routing.whatif.cases import Case, Past, Unasked, case_of, unasked
from routing.whatif.estimate import History

BATCH: Final = 500
MOST: Final = 100_000
"""Executions that are replayed: the newest. That many take the worker minutes, and more say the same more slowly."""
MOST_RULES: Final = 20_000
MOST_HISTORY: Final = 2_000
NO_COST: Final = Decimal(0)
REACH: Final = timedelta(days=90)
"""How far back similar executions of a new system are looked for."""
_TEXT: Final = 16_384
"""As much as a tenant's head reads of a text."""
_AWAY: Final = frozenset(("ARCHIVED", "PRUNED"))
_RULES: Final = """
SELECT id, request_pattern, recommended_system_id, alternative_systems, action, confidence_score,
  vector_send(request_embedding)
FROM routing_rules WHERE tenant_id = %s AND is_active AND embedding_model = %s ORDER BY id LIMIT %s
"""
_SYSTEMS: Final = """
SELECT id, name, status, description, capabilities, created_at, constitution_version,
  CASE WHEN constitution ? 'routing_confidence_threshold' OR constitution -> 'routing_rules' ? 'confidence_threshold'
    OR name = %(changed)s THEN constitution END,
  CASE WHEN capabilities_embedding_model = %(model)s AND status <> 'archived' AND name <> %(law)s
    THEN vector_send(capabilities_embedding) END,
  constitution -> 'requires_approval'
FROM systems WHERE tenant_id = %(tenant)s ORDER BY created_at, id
"""
_COUNT: Final = "SELECT count(*) FROM executions WHERE tenant_id = %s AND started_at >= %s AND started_at < %s"
_CASES: Final = """
SELECT id, started_at, left(user_request, %(text)s), route, embedding_model, status, cost_usd, user_satisfaction, duration_ms,
  CASE WHEN embedding_model = %(model)s THEN vector_send(request_embedding) END, steps -> 0 ->> 'channel',
  lifecycle_state
FROM executions
WHERE tenant_id = %(tenant)s AND started_at >= %(since)s AND started_at < %(until)s
  AND (started_at, id) < (%(at)s, %(id)s)
ORDER BY started_at DESC, id DESC LIMIT %(most)s
"""
_HISTORY: Final = """
SELECT status, cost_usd, user_satisfaction, duration_ms, vector_send(request_embedding) FROM executions
WHERE tenant_id = %s AND system_id = %s AND started_at >= %s AND started_at < %s
  AND embedding_model = %s AND request_embedding IS NOT NULL
ORDER BY started_at DESC LIMIT %s
"""
_LAST: Final = UUID(int=2**128 - 1)


@dataclass(frozen=True, slots=True)
class Window:
    """From when, and until when excluded."""

    since: datetime
    until: datetime


@dataclass(frozen=True, slots=True)
class KnownSystem:
    """A system as a replay needs it. `constitution` is there where it speaks about routing, or is the one that is changed."""

    id: UUID
    name: str
    status: str
    description: str
    capabilities: tuple[str, ...]
    created_at: datetime
    version: int
    constitution: dict[str, Any] | None
    vector: Vectors | None
    requires_approval: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Read:
    """A batch: what can be replayed with its vectors, why the others cannot, and after which to go on (None: that was all)."""

    cases: Sequence[Case]
    vectors: Vectors
    skipped: Sequence[Unasked]
    after: tuple[datetime, UUID] | None


def rules(*, scope: Scope, model: str) -> tuple[list[NearRule], list[Vectors]]:
    """Active rules of this model and their vectors, up to one more than `MOST_RULES`. One query."""
    found = _rows(_RULES, [scope.tenant_id, model, MOST_RULES + 1])
    read = [NearRule(row[0], row[1], row[2], tuple(row[3]), row[4], float(row[5]), None, None, 0.0) for row in found]
    return read, [_vector(row[6]) for row in found]


def systems(*, scope: Scope, model: str, changed: str) -> list[KnownSystem]:
    """Every system, the oldest first. One query."""
    values = {"tenant": scope.tenant_id, "model": model, "law": LAW, "changed": changed}
    return [
        KnownSystem(
            id=row[0],
            name=row[1],
            status=row[2],
            description=row[3],
            capabilities=tuple(row[4]),
            created_at=row[5],
            version=row[6],
            constitution=_json(row[7]),
            vector=None if row[8] is None else _vector(row[8]),
            requires_approval=texts(_json(row[9])),
        )
        for row in _rows(_SYSTEMS, values)
    ]


def count(*, scope: Scope, window: Window) -> int:
    """How many executions the window holds."""
    return int(_rows(_COUNT, [scope.tenant_id, window.since, window.until])[0][0])


def batch(*, scope: Scope, window: Window, model: str, after: tuple[datetime, UUID] | None, most: int = BATCH) -> Read:
    """The next executions, newest first. One query."""
    at, id = after or (window.until, _LAST)
    values = {
        "tenant": scope.tenant_id,
        "since": window.since,
        "until": window.until,
        "model": model,
        "at": at,
        "id": id,
        "most": most,
        "text": _TEXT,
    }
    rows = _rows(_CASES, values)
    cases, vectors, skipped = [], [], []
    for row in rows:
        route = _json(row[3])
        if why := unasked(
            route=route, model=row[4], has_vector=row[9] is not None, current=model, is_archived=row[11] in _AWAY
        ):
            skipped.append(why)
            continue
        past = _past(row[5], row[6], row[7], row[8])
        known = {"id": row[0], "at": row[1].isoformat(), "text": row[2], "channel": row[10] or ""}
        cases.append(case_of(**known, route=route, past=past))
        vectors.append(_vector(row[9]))
    last = (rows[-1][1], rows[-1][0]) if len(rows) == most else None
    return Read(cases, np.stack(vectors) if vectors else np.zeros((0, 0), np.float32), skipped, last)


def history(*, scope: Scope, system_id: UUID, until: datetime, model: str) -> History | None:
    """The newest executions that a system had, whoever sent them there. One query; None where there are none."""
    rows = _rows(_HISTORY, [scope.tenant_id, system_id, until - REACH, until, model, MOST_HISTORY])
    if not rows:
        return None
    return History(np.stack([_vector(row[4]) for row in rows]), tuple(_past(*row[:4]) for row in rows))


def texts(value: Any) -> tuple[str, ...]:
    """The texts of a list that a constitution holds."""
    return tuple(one for one in value if isinstance(one, str)) if isinstance(value, list) else ()


def _past(status: str, cost: Decimal | None, stars: int | None, ms: int | None) -> Past:
    return Past(status == Status.SUCCESS.value, cost, stars, ms)


def _vector(data: bytes | memoryview) -> Vectors:
    return np.frombuffer(data, dtype=">f4", offset=4).astype(np.float32)


def _rows(statement: str, values: Any) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        return cursor.fetchall()


def _json(value: Any) -> Any:
    """Django leaves the jsonb of a bare cursor as text."""
    return json.loads(value) if isinstance(value, str) else value
