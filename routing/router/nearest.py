"""The two statements that a choice reads: the nearest rules, and the systems that matter with how they stand.

INVARIANT: both compare vectors of one model only, the one that the request was embedded with.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Final
from uuid import UUID

from django.db import connection

from governance.rulebook.law_document import SYSTEM_NAME as LAW
from governance.scope import Scope
from routing.embeddings.embedder import Vectors

RULES: Final = 16
"""Rules that are looked at."""
SYSTEMS: Final = 12

# `hnsw.iterative_scan`: where dead rows fill the index's answer, it goes on until there are enough. Without an index both
# settings mean nothing. One round trip: the settings end with the transaction.
_RULES: Final = """
SET LOCAL hnsw.ef_search = 120; SET LOCAL hnsw.iterative_scan = strict_order;
SELECT id, request_pattern, recommended_system_id, alternative_systems, action, confidence_score, avg_cost_usd, avg_duration_ms,
  1 - (request_embedding::vector({n}) <=> %(q)s::vector({n}))
FROM routing_rules WHERE tenant_id = %(tenant)s AND embedding_model = %(model)s AND is_active
ORDER BY request_embedding::vector({n}) <=> %(q)s::vector({n}) LIMIT %(most)s
"""
_SYSTEMS: Final = """
WITH near AS (
  SELECT id, 1 - (capabilities_embedding::vector({n}) <=> %(q)s::vector({n})) AS cosine FROM systems
  WHERE tenant_id = %(tenant)s AND capabilities_embedding_model = %(model)s AND status <> 'archived' AND name <> %(law)s
  ORDER BY capabilities_embedding::vector({n}) <=> %(q)s::vector({n}) LIMIT %(most)s),
router AS (
  SELECT id, constitution FROM systems
  WHERE tenant_id = %(tenant)s AND status = 'active' AND constitution ?| ARRAY['routing_confidence_threshold', 'routing_rules']
  ORDER BY constitution ? 'routing_confidence_threshold' DESC, created_at, id LIMIT 1)
SELECT s.id, s.name, s.status, s.capabilities, s.constitution -> 'requires_approval', s.total_executions, s.avg_cost_usd,
  s.avg_execution_time_ms, near.cosine, coalesce(d.state, 'NORMAL'), e.reason, router.constitution
FROM systems s
LEFT JOIN near ON near.id = s.id LEFT JOIN router ON router.id = s.id
LEFT JOIN drift_states d ON d.tenant_id = s.tenant_id AND d.system_id = s.id
LEFT JOIN LATERAL (SELECT reason FROM estops WHERE tenant_id = s.tenant_id AND lifted_at IS NULL
  AND (system_id IS NULL OR system_id = s.id) ORDER BY system_id NULLS FIRST LIMIT 1) e ON true
WHERE s.tenant_id = %(tenant)s AND (near.id IS NOT NULL OR router.id IS NOT NULL OR s.id = ANY(%(ids)s) OR s.name = %(wanted)s
  OR s.name = (SELECT constitution #>> ARRAY['routing_rules', 'fallback_system'] FROM router))
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


def written(vector: Vectors) -> str:
    """As pgvector reads it."""
    return f"[{','.join(map(repr, vector.tolist()))}]"


def rules(*, scope: Scope, vector: str, model: str, dimensions: int, most: int = RULES) -> list[NearRule]:
    """The nearest active rules of the tenant, nearest first: `most`, or all there are. One statement."""
    values = {"q": vector, "tenant": scope.tenant_id, "model": model, "most": most}
    with connection.cursor() as cursor:
        cursor.execute(_RULES.format(n=int(dimensions)), values)
        while cursor.description is None and cursor.nextset():
            pass
        found = cursor.fetchall()
    return sorted((_rule(row) for row in found), key=lambda one: (-one.cosine, one.id))


def systems(
    *, scope: Scope, vector: str, model: str, dimensions: int, ids: Collection[UUID], wanted: str
) -> list[Standing]:
    """The nearest by capabilities, those that rules name (`ids`), the one that is wanted, the router and its fallback."""
    values = {
        "q": vector,
        "tenant": scope.tenant_id,
        "model": model,
        "most": SYSTEMS,
        "ids": list(ids),
        "wanted": wanted,
        "law": LAW,
    }
    with connection.cursor() as cursor:
        cursor.execute(_SYSTEMS.format(n=int(dimensions)), values)
        return [_standing(row) for row in cursor.fetchall()]


def _rule(row: Sequence[Any]) -> NearRule:
    return NearRule(row[0], row[1], row[2], tuple(row[3]), row[4], float(row[5]), row[6], row[7], float(row[8]))


def _standing(row: Sequence[Any]) -> Standing:
    own = _json(row[4])
    requires = tuple(one for one in own if isinstance(one, str)) if isinstance(own, list) else ()
    return Standing(row[0], row[1], row[2], tuple(row[3]), requires, *row[5:11], routing=_json(row[11]))


def _json(value: Any) -> Any:
    """Django leaves the jsonb of a bare cursor as text."""
    return json.loads(value) if isinstance(value, str) else value
