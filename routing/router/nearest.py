"""The two statements that a choice reads: the nearest rules, and the systems that matter with how they stand.

INVARIANT: both compare vectors of one model only, the one that the request was embedded with.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import lru_cache
from typing import Any, Final
from uuid import UUID

from django.db.models import BooleanField, ExpressionWrapper, Q

from governance import sql
from governance.registry.models import System
from governance.rulebook.law_document import SYSTEM_NAME as LAW
from governance.scope import Scope
from governance.sql import Ahead
from routing.embeddings.embedder import Vectors, written
from routing.router import resident
from routing.router.resident import Resident

RULES: Final = 16
"""Rules that are looked at."""
SYSTEMS: Final = 12
CHANGED: Final = 32
"""Rules that changed since memory was read, above which it is read anew."""

# `hnsw.iterative_scan`: where dead rows fill the index's answer, it goes on until there are enough. Without an index both
# settings mean nothing. They are made once, before the scan begins (a one-time filter of its plan), and end with the transaction:
# a statement of their own would cost as much again as a hundred rules.
_RULES: Final = """
SELECT r.id, r.request_pattern, r.recommended_system_id, r.alternative_systems, r.action, r.confidence_score, r.avg_cost_usd,
  r.avg_duration_ms, 1 - near.distance
FROM (SELECT id, request_embedding::vector({n}) <=> %(q)s::vector({n}) AS distance FROM routing_rules
  WHERE tenant_id = %(tenant)s AND embedding_model = %(model)s AND is_active
    AND (SELECT set_config('hnsw.ef_search', '120', true) || set_config('hnsw.iterative_scan', 'strict_order', true)) <> ''
  ORDER BY 2 LIMIT %(most)s) near
JOIN routing_rules r ON r.id = near.id
"""
# The rules that memory names, and all that changed since it was read, whatever they are now. HAZARD: both in one statement, so in
# one snapshot; what is on is never taken from memory.
_NAMED: Final = """
SELECT r.id, r.request_pattern, r.recommended_system_id, r.alternative_systems, r.action, r.confidence_score, r.avg_cost_usd,
  r.avg_duration_ms, NULL::bytea, r.is_active AND r.embedding_model = %(model)s, false
FROM routing_rules r WHERE r.tenant_id = %(tenant)s AND r.id = ANY(%(ids)s::uuid[])
UNION ALL
SELECT r.id, r.request_pattern, r.recommended_system_id, r.alternative_systems, r.action, r.confidence_score, r.avg_cost_usd,
  r.avg_duration_ms, vector_send(r.request_embedding), r.is_active AND r.embedding_model = %(model)s, true
FROM routing_rules r WHERE r.tenant_id = %(tenant)s AND r.changed_in >= pg_snapshot_xmin(%(snapshot)s::pg_snapshot)
  AND NOT pg_visible_in_snapshot(r.changed_in, %(snapshot)s::pg_snapshot)
"""
_SYSTEMS: Final = """
WITH near AS (
  SELECT id, capabilities_embedding::vector({n}) <=> %(q)s::vector({n}) AS distance FROM systems
  WHERE tenant_id = %(tenant)s AND capabilities_embedding_model = %(model)s AND status <> 'archived' AND name <> %(law)s
  ORDER BY 2 LIMIT %(most)s),
router AS (
  SELECT id, constitution FROM systems
  WHERE tenant_id = %(tenant)s AND status = 'active'
    AND (constitution ? 'routing_confidence_threshold' OR constitution -> 'routing_rules' ? 'confidence_threshold')
  ORDER BY constitution ? 'routing_confidence_threshold' DESC, created_at, id LIMIT 1)
SELECT s.id, s.name, s.status, s.capabilities, s.constitution -> 'requires_approval', s.total_executions, s.avg_cost_usd,
  s.avg_execution_time_ms, 1 - near.distance, coalesce(d.state, 'NORMAL'), e.reason, router.constitution
FROM systems s
LEFT JOIN near ON near.id = s.id LEFT JOIN router ON router.id = s.id
LEFT JOIN drift_states d ON d.tenant_id = s.tenant_id AND d.system_id = s.id
LEFT JOIN LATERAL (SELECT reason FROM estops WHERE tenant_id = s.tenant_id AND lifted_at IS NULL
  AND (system_id IS NULL OR system_id = s.id) ORDER BY system_id NULLS FIRST LIMIT 1) e ON true
WHERE s.tenant_id = %(tenant)s AND (near.id IS NOT NULL OR router.id IS NOT NULL OR s.id = ANY(%(ids)s::uuid[])
  OR s.name = %(wanted)s OR s.name = (SELECT constitution #>> ARRAY['routing_rules', 'fallback_system'] FROM router))
"""


@dataclass(frozen=True, slots=True)
class NearRule:
    """An active rule and how near its pattern is."""

    id: UUID
    pattern: str
    system_id: UUID
    alternatives: tuple[UUID, ...]
    action: str
    confidence: float
    avg_cost_usd: Decimal | None
    avg_duration_ms: int | None
    cosine: float


@dataclass(frozen=True, slots=True)
class Standing:
    """A system and how it stands. `cosine` is None where its capabilities are not among the nearest; `routing` is the
    constitution of the router, None for every other system."""

    id: UUID
    name: str
    status: str
    capabilities: tuple[str, ...]
    requires_approval: tuple[str, ...]
    executions: int
    avg_cost_usd: Decimal
    avg_duration_ms: int
    cosine: float | None
    drift: str
    stopped_because: str | None
    routing: dict[str, Any] | None


def rules(*, scope: Scope, vector: Vectors, model: str, most: int = RULES) -> list[NearRule]:
    """The nearest active rules of the tenant, nearest first: `most`, or all there are. One statement; seldom a few more."""
    kept = resident.kept(tenant_id=scope.tenant_id, model=model)
    found = _named(scope, kept, vector, model=model, most=most) if kept else None
    if found is None:
        found = searched(scope=scope, vector=vector, model=model, most=most)
        if len(found) == most:
            resident.keep(tenant_id=scope.tenant_id, model=model, dimensions=len(vector))
    return found


def searched(*, scope: Scope, vector: Vectors, model: str, most: int = RULES) -> list[NearRule]:
    """As `rules`, by the database alone."""
    values: dict[str, Any] = {"q": written(vector), "tenant": scope.tenant_id, "model": model, "most": most}
    found = sql.rows(_statement(_RULES, len(vector)), values)
    return sorted((_rule(row, float(row[8])) for row in found), key=lambda one: (-one.cosine, one.id))


def _named(scope: Scope, kept: Resident, vector: Vectors, *, model: str, most: int) -> list[NearRule] | None:
    """Those that memory names and those that changed since; None, and memory is read anew, where they are not all there are."""
    near = {kept.ids[one.place]: one.cosine for one in kept.nearest(vector, most=most)}
    values: dict[str, Any] = {"tenant": scope.tenant_id, "model": model, "ids": list(near), "snapshot": kept.snapshot}
    rows = sql.rows(_NAMED, values)
    named, changed = [row for row in rows if row[9] and not row[10]], [row for row in rows if row[10]]
    moved = {row[0] for row in changed}
    if len(named) < len(near) or len(changed) > CHANGED or not moved.isdisjoint(near):
        resident.drop(tenant_id=scope.tenant_id, model=model)
        return None
    found = [_rule(row, near[row[0]]) for row in named]
    found += [_rule(row, resident.cosine(vector, row[8])) for row in changed if row[9]]
    return sorted(found, key=lambda one: (-one.cosine, one.id))[:most]


@dataclass(frozen=True, slots=True)
class Near:
    """The nearest by capabilities, the one that is wanted, the router and its fallback: asked, not taken yet."""

    _found: Ahead
    _again: Callable[[list[UUID]], Ahead]

    def with_those(self, ids: Collection[UUID]) -> list[Standing]:
        """They, and those that rules name; one statement more where some of these are not among them."""
        found = [_standing(row) for row in self._found.rows()]
        missing = list(set(ids) - {one.id for one in found})
        more = self._again(missing).rows() if missing else []
        return [*found, *(one for one in map(_standing, more) if one.id in missing)]


def systems(*, scope: Scope, vector: Vectors, model: str, wanted: str) -> Near:
    """Ask how systems stand that a request may go to."""
    values: dict[str, Any] = {
        "q": written(vector),
        "tenant": scope.tenant_id,
        "model": model,
        "law": LAW,
    }
    statement = _statement(_SYSTEMS, len(vector))
    found = sql.ahead(statement, {**values, "most": SYSTEMS, "ids": sql.array(()), "wanted": wanted})
    return Near(found, lambda ids: sql.ahead(statement, {**values, "most": 0, "ids": sql.array(ids), "wanted": ""}))


def router(*, scope: Scope) -> System | None:
    """The system whose constitution is obeyed (docs/routing.md), as `systems` finds it."""
    speaks = Q(constitution__has_key="routing_confidence_threshold")
    rows = System.objects.filter(tenant_id=scope.tenant_id, status="active")
    rows = rows.filter(speaks | Q(constitution__routing_rules__has_key="confidence_threshold"))
    return rows.annotate(first=ExpressionWrapper(speaks, BooleanField())).order_by("-first", "created_at", "id").first()


@lru_cache
def _statement(text: str, dimensions: int) -> str:
    return text.format(n=dimensions)


def _rule(row: Sequence[Any], cosine: float) -> NearRule:
    return NearRule(row[0], row[1], row[2], tuple(row[3]), row[4], float(row[5]), row[6], row[7], cosine)


def _standing(row: Sequence[Any]) -> Standing:
    own = _json(row[4])
    requires = tuple(one for one in own if isinstance(one, str)) if isinstance(own, list) else ()
    return Standing(
        id=row[0],
        name=row[1],
        status=row[2],
        capabilities=tuple(row[3]),
        requires_approval=requires,
        executions=row[5],
        avg_cost_usd=row[6],
        avg_duration_ms=row[7],
        cosine=row[8],
        drift=row[9],
        stopped_because=row[10],
        routing=_json(row[11]),
    )


def _json(value: Any) -> Any:
    """Django leaves the jsonb of a bare cursor as text."""
    return json.loads(value) if isinstance(value, str) else value
