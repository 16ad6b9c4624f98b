"""From one embedder to another while the router serves on: every vector is made anew beside the old one, then all change at once.

A tenant is switched by itself, in batches that each commit; killed, it goes on where it was. What was written anew meanwhile is
made anew before the change; what even the change misses has no vector for a minute, never one of the former model.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

from django.db import connection
from django.utils import timezone

from governance.ids import new_id
from governance.registry import capabilities
from governance.registry.capabilities import Stale
from governance.tenancy import in_tenant
from routing.embeddings.choice import current
from routing.embeddings.embedder import Embedder, Vectors
from routing.router.embedding import text_of
from routing.router.models import NextVector
from routing.router.serving import looked_up

BATCH: Final = 100
RULE, SYSTEM = "rule", "system"
# a rule, or a system, that has no vector of the coming model, or one of words that it does not say any more
_LEFT: Final = """
FROM (SELECT 'rule' AS kind, id, md5(request_pattern) AS said, request_pattern AS text, '' AS about, '{}'::text[] AS can
  FROM routing_rules WHERE tenant_id = %(tenant)s AND is_active
  UNION ALL
  SELECT 'system', id, md5(name || constitution_version || coalesce(description, '')), name, coalesce(description, ''),
    capabilities
  FROM systems WHERE tenant_id = %(tenant)s AND status <> 'archived') w
LEFT JOIN next_vectors n ON n.tenant_id = %(tenant)s AND n.kind = w.kind AND n.subject_id = w.id AND n.model = %(model)s
  AND n.said = w.said
"""
_NEXT: Final = f"""SELECT w.kind, w.id, w.said, w.text, w.about, w.can {_LEFT}
WHERE n.id IS NULL ORDER BY w.kind, w.id LIMIT %(most)s"""
_COUNT: Final = f"SELECT count(*), count(n.id) {_LEFT}"
_RULES: Final = """
UPDATE routing_rules r SET request_embedding = n.vector, embedding_model = n.model FROM next_vectors n
WHERE r.tenant_id = %(tenant)s AND r.is_active AND n.tenant_id = r.tenant_id AND n.kind = 'rule' AND n.subject_id = r.id
  AND n.model = %(model)s AND n.said = md5(r.request_pattern)
"""
_OTHERS: Final = """
UPDATE routing_rules SET request_embedding = NULL, embedding_model = ''
WHERE tenant_id = %(tenant)s AND embedding_model <> '' AND embedding_model <> %(model)s
"""
_SYSTEMS: Final = """
SELECT s.id, s.name, coalesce(s.description, ''), s.capabilities, s.constitution_version, n.vector::text
FROM next_vectors n JOIN systems s ON s.tenant_id = n.tenant_id AND s.id = n.subject_id
WHERE n.tenant_id = %(tenant)s AND n.kind = 'system' AND n.model = %(model)s
  AND n.said = md5(s.name || s.constitution_version || coalesce(s.description, ''))
"""


@dataclass(frozen=True, slots=True)
class Standing:
    """How far a tenant is. `former` is the model that still serves, "" when nothing is being switched."""

    former: str
    model: str
    done: int
    total: int

    @property
    def is_under_way(self) -> bool:
        return bool(self.former)


def standing(*, tenant_id: UUID) -> Standing:
    """How far the tenant is with the installation's embedder."""
    with in_tenant(tenant_id):
        return _standing(tenant_id)


def advance(*, tenant_id: UUID, most: int = BATCH) -> int:
    """Make at most so many vectors of the installation's embedder, and change over once all are there; returns how many.

    Does nothing for a tenant that is not being switched. Raises what an embedder raises.
    """
    embedder = current()
    with in_tenant(tenant_id):
        if looked_up(tenant_id=tenant_id).model == embedder.model:
            return 0
        rows = _left(tenant_id, embedder.model, most)
    if rows:
        vectors = embedder.embed([_text(row) for row in rows])
        _keep(tenant_id, embedder, rows, vectors)
    if len(rows) < most:
        change_over(tenant_id=tenant_id)
    return len(rows)


def change_over(*, tenant_id: UUID) -> bool:
    """Put every new vector in its place, if all are there; says whether it did. One transaction."""
    model = current().model
    values: dict[str, Any] = {"tenant": tenant_id, "model": model}
    with in_tenant(tenant_id, durable=True), connection.cursor() as cursor:
        found = _standing(tenant_id)
        if not found.is_under_way or found.done < found.total:
            return False
        cursor.execute(_SYSTEMS, values)
        for id, name, about, can, version, vector in cursor.fetchall():
            stale = Stale(id, name, about, tuple(can), version)
            numbers = [float(one) for one in vector[1:-1].split(",")]
            capabilities.keep_embedding(tenant_id=tenant_id, stale=stale, numbers=numbers, model=model)
        capabilities.drop_embeddings(tenant_id=tenant_id, besides=model)
        cursor.execute(_RULES, values)
        cursor.execute(_OTHERS, values)
        NextVector.objects.filter(tenant_id=tenant_id).delete()
        return True


def _standing(tenant_id: UUID) -> Standing:
    model, former = current().model, looked_up(tenant_id=tenant_id).model
    with connection.cursor() as cursor:
        cursor.execute(_COUNT, {"tenant": tenant_id, "model": model})
        total, done = cursor.fetchone()
    return Standing(former if former != model else "", model, total if former == model else done, total)


def _left(tenant_id: UUID, model: str, most: int) -> list[Any]:
    with connection.cursor() as cursor:
        cursor.execute(_NEXT, {"tenant": tenant_id, "model": model, "most": most})
        return cursor.fetchall()


def _text(row: Sequence[Any]) -> str:
    kind, _, _, text, about, can = row
    return text if kind == RULE else text_of(text, about, can)


def _keep(tenant_id: UUID, embedder: Embedder, rows: Sequence[Any], vectors: Vectors) -> None:
    at = timezone.now()
    new = [
        NextVector(
            id=new_id(at),
            tenant_id=tenant_id,
            kind=row[0],
            subject_id=row[1],
            said=row[2],
            model=embedder.model,
            vector=vector.tolist(),
        )
        for row, vector in zip(rows, vectors, strict=True)
    ]
    with in_tenant(tenant_id, durable=True):
        NextVector.objects.bulk_create(
            new,
            update_conflicts=True,
            unique_fields=["tenant", "kind", "subject_id"],
            update_fields=["said", "model", "vector"],
        )
