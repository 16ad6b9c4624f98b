"""Executions and proposals get vectors of another embedder, once the router serves with it: lazily, in batches, newest first.

Nothing on a request's road reads the vectors of executions; the night does, and counts only those of the model that serves. When
all have been made anew, the tenant's executions are counted anew.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from django.db import connection

from governance.scope import Scope
from governance.tenancy import in_tenant
from routing.embeddings.embedder import Embedder
from routing.executions.models import Execution
from routing.learning.considering import locked_state
from routing.learning.models import LearningState, RequestCluster, RuleProposal
from routing.router.serving import embedder_of

BATCH: Final = 250
EMPTIED: Final = ("ARCHIVED", "PRUNED")
"""What is archived has its contents in a file."""
_LAST: Final = UUID(int=2**128 - 1)
_NEXT: Final = """
SELECT id, user_request, embedding_model FROM executions
WHERE tenant_id = %s AND id < %s AND lifecycle_state NOT IN ('ARCHIVED', 'PRUNED') ORDER BY id DESC LIMIT %s
"""
_WRITE: Final = """
UPDATE executions SET request_embedding = %s::vector, embedding_model = %s
WHERE tenant_id = %s AND id = %s AND embedding_model = %s AND lifecycle_state NOT IN ('ARCHIVED', 'PRUNED')
"""


@dataclass(frozen=True, slots=True)
class Standing:
    """How many executions were looked at, of how many; `finished_at` is None while some are left."""

    model: str
    done: int
    total: int
    finished_at: datetime | None


def standing(*, scope: Scope) -> Standing | None:
    """How far the tenant is; None where nothing was ever learned or embedded again."""
    row = LearningState.objects.filter(tenant_id=scope.tenant_id).first()
    if row is None:
        return None
    return Standing(row.model, row.reembed_done, row.reembed_total, row.reembed_finished_at)


def begin(*, scope: Scope, at: datetime) -> None:
    """Have every execution looked at, from the newest on; where the model changed that begins by itself."""
    model = embedder_of(tenant_id=scope.tenant_id).model
    with in_tenant(scope.tenant_id, durable=True):
        state = locked_state(scope, model, at=at)
        state.reembed_before = state.reembed_finished_at = None
        state.save(update_fields=["reembed_before", "reembed_finished_at"])


def advance(*, scope: Scope, most: int, at: datetime) -> int:
    """Look at most at so many executions, and at every proposal; returns how many got a new vector. Killed, it goes on there."""
    embedder = embedder_of(tenant_id=scope.tenant_id)
    made = _proposals(scope, embedder)
    left = most
    while left > 0:
        found, new = _batch(scope, embedder, most=min(BATCH, left), at=at)
        made, left = made + new, left - found
        if not found:
            break
    return made


def _batch(scope: Scope, embedder: Embedder, *, most: int, at: datetime) -> tuple[int, int]:
    with in_tenant(scope.tenant_id, durable=True), connection.cursor() as cursor:
        state = locked_state(scope, embedder.model, at=at)
        if state.reembed_finished_at is not None:
            return 0, 0
        _begin(state, scope)
        before = state.reembed_before
        cursor.execute(_NEXT, [scope.tenant_id, before, most])
        rows = cursor.fetchall()
    stale = [row for row in rows if row[2] not in {"", embedder.model}]
    vectors: Any = embedder.embed([row[1] for row in stale]) if stale else []
    with in_tenant(scope.tenant_id, durable=True), connection.cursor() as cursor:
        for (id, _, model), vector in zip(stale, vectors, strict=True):
            written = "[" + ",".join(map(str, vector.tolist())) + "]"
            cursor.execute(_WRITE, [written, embedder.model, scope.tenant_id, id, model])
        state = locked_state(scope, embedder.model, at=at)
        if state.reembed_before == before:
            _go_on(scope, state, rows, most=most, at=at)
    return len(rows), len(stale)


def _begin(state: LearningState, scope: Scope) -> None:
    if state.reembed_before is None:
        rows = Execution.objects.filter(tenant_id=scope.tenant_id)
        state.reembed_total = rows.exclude(lifecycle_state__in=EMPTIED).count()
        state.reembed_done, state.reembed_before = 0, _LAST
        state.save(update_fields=["reembed_total", "reembed_done", "reembed_before"])


def _go_on(
    scope: Scope, state: LearningState, rows: Sequence[tuple[UUID, str, str]], *, most: int, at: datetime
) -> None:
    state.reembed_done += len(rows)
    if rows:
        state.reembed_before = rows[-1][0]
    if len(rows) < most:
        state.reembed_finished_at = at
        _count_anew(scope, state)
    state.save()


def _count_anew(scope: Scope, state: LearningState) -> None:
    """What was passed by while it had a vector of another model is counted now."""
    RequestCluster.objects.filter(tenant_id=scope.tenant_id).delete()
    state.sealed_in, state.leaf = 0, -1


def _proposals(scope: Scope, embedder: Embedder) -> int:
    with in_tenant(scope.tenant_id):
        rows = RuleProposal.objects.filter(tenant_id=scope.tenant_id).exclude(embedding_model=embedder.model)
        found = list(rows.order_by("-id").values_list("id", "pattern")[:BATCH])
    if not found:
        return 0
    vectors: Any = embedder.embed([pattern for _, pattern in found])
    with in_tenant(scope.tenant_id, durable=True):
        for (id, pattern), vector in zip(found, vectors, strict=True):
            RuleProposal.objects.filter(tenant_id=scope.tenant_id, id=id, pattern=pattern).update(
                request_embedding=vector.tolist(), embedding_model=embedder.model
            )
    return len(found)
