"""Executions that were not looked at yet are put with those that are alike, a batch in a transaction.

INVARIANT: the place up to which a tenant's executions were looked at moves in the transaction that counts them; so each is
counted once, whatever is killed or runs twice. The order is that in which receipts were anchored: nothing comes in late there.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

import numpy as np
from django.db import connection

from governance.ids import new_id
from governance.scope import Scope
from governance.tenancy import in_tenant
from routing.learning.clustering import Kind, overflowing, sorted_into
from routing.learning.evidence import MOST_MEMBERS, unpacked
from routing.learning.models import LearningState, RequestCluster
from routing.router.likeness import cosine_of

A_NIGHT: Final = 50_000
"""Executions of a tenant that one night looks at: the newest; what is older and was never looked at is passed over."""
BATCH: Final = 1_000
MOST_CLUSTERS: Final = 1_000
_COUNTED: Final = 1_000_000
# an execution speaks about the system that was called in the end; one that no system was called for says nothing
_NEXT: Final = """
SELECT r.sealed_in, r.leaf, e.id, e.completed_at,
  CASE WHEN e.embedding_model = %(model)s AND e.system_id = ANY(e.routing_path) THEN vector_send(e.request_embedding) END
FROM (SELECT sealed_in, leaf, execution_id FROM receipts
  WHERE tenant_id = %(tenant)s AND sealed_in IS NOT NULL AND (sealed_in, leaf) > (%(sealed_in)s, %(leaf)s)
  ORDER BY sealed_in, leaf LIMIT %(most)s) r
LEFT JOIN executions e ON e.tenant_id = %(tenant)s AND e.id = r.execution_id
ORDER BY r.sealed_in, r.leaf
"""
_SKIP: Final = """
SELECT sealed_in, leaf FROM receipts
WHERE tenant_id = %s AND sealed_in IS NOT NULL AND (sealed_in, leaf) > (%s, %s)
ORDER BY sealed_in DESC, leaf DESC OFFSET %s LIMIT 1
"""
_PASSED: Final = """
SELECT count(*) FROM (SELECT 1 FROM receipts WHERE tenant_id = %s AND sealed_in IS NOT NULL
  AND (sealed_in, leaf) > (%s, %s) AND (sealed_in, leaf) <= (%s, %s) LIMIT %s) AS passed
"""

# a kind has 400 members: what is read and written of it must not grow with those it has already
_GROW: Final = """
UPDATE request_clusters c SET centre = n.centre::vector, seen = n.seen, last_at = greatest(c.last_at, n.last_at),
  members = (c.members || n.members::uuid[])[greatest(1, cardinality(c.members || n.members::uuid[]) - %(most)s + 1):]
FROM unnest(%(ids)s::uuid[], %(centres)s::text[], %(seen)s::bigint[], %(members)s::text[], %(times)s::timestamptz[])
  AS n (id, centre, seen, members, last_at)
WHERE c.tenant_id = %(tenant)s AND c.id = n.id
"""


@dataclass(frozen=True, slots=True)
class Considered:
    """How many executions were looked at, how many of them say something, how many older ones were passed over."""

    looked_at: int = 0
    counted: int = 0
    passed_over: int = 0


def consider(*, scope: Scope, model: str, likeness: float, least: int, at: datetime, most: int = A_NIGHT) -> Considered:
    """Look at the newest `most` executions that were not looked at yet. Killed, it goes on where it was."""
    passed, looked_at, counted = _begin(scope, model, most=most, at=at), 0, 0
    bar = cosine_of(likeness, model=model)
    while looked_at < most:
        found, said = _batch(scope, model, bar, least=least, at=at, most=min(BATCH, most - looked_at))
        looked_at, counted = looked_at + found, counted + said
        if found < BATCH:
            break
    return Considered(looked_at, counted, passed)


def locked_state(scope: Scope, model: str, *, at: datetime) -> LearningState:
    """The tenant's place, locked until the transaction ends. With another model it begins anew, and what was counted goes."""
    row = LearningState(id=new_id(at), tenant_id=scope.tenant_id, model=model, reembed_finished_at=at)
    LearningState.objects.bulk_create([row], ignore_conflicts=True)
    state = LearningState.objects.select_for_update(no_key=True).get(tenant_id=scope.tenant_id)
    if state.model != model:
        RequestCluster.objects.filter(tenant_id=scope.tenant_id).exclude(embedding_model=model).delete()
        state.model, state.sealed_in, state.leaf, state.night = model, 0, -1, None
        state.reembed_before = state.reembed_finished_at = None
        state.reembed_done = state.reembed_total = 0
        state.save()
    return state


def _begin(scope: Scope, model: str, *, most: int, at: datetime) -> int:
    """Pass over what is too old for this night; returns how many that were, a million at most."""
    with in_tenant(scope.tenant_id, durable=True), connection.cursor() as cursor:
        state = locked_state(scope, model, at=at)
        here = (state.sealed_in, state.leaf)
        cursor.execute(_SKIP, [scope.tenant_id, *here, most])
        if (found := cursor.fetchone()) is None:
            return 0
        cursor.execute(_PASSED, [scope.tenant_id, *here, *found, _COUNTED])
        passed = int(cursor.fetchone()[0])
        state.sealed_in, state.leaf = found
        state.save(update_fields=["sealed_in", "leaf"])
        return passed


def _batch(scope: Scope, model: str, bar: float, *, least: int, at: datetime, most: int) -> tuple[int, int]:
    with in_tenant(scope.tenant_id, durable=True):
        state = locked_state(scope, model, at=at)
        rows = _next(scope, state, most)
        if rows:
            state.sealed_in, state.leaf = rows[-1][:2]
            state.save(update_fields=["sealed_in", "leaf"])
        said = [row for row in rows if row[4] is not None]
        if said:
            _count(scope, model, said, bar=bar, least=least, at=at)
        return len(rows), len(said)


def _next(scope: Scope, state: LearningState, most: int) -> list[Any]:
    values: dict[str, Any] = {
        "tenant": scope.tenant_id,
        "model": state.model,
        "sealed_in": state.sealed_in,
        "leaf": state.leaf,
    }
    with connection.cursor() as cursor:
        cursor.execute(_NEXT, {**values, "most": most})
        return cursor.fetchall()


def _count(scope: Scope, model: str, rows: Sequence[Any], *, bar: float, least: int, at: datetime) -> None:
    vectors = np.stack([unpacked(row[4]) for row in rows])
    kinds = _known(scope, model)
    sorted_into(kinds, vectors, least=bar)
    _grow(scope, [one for one in kinds if one.joined and one.id], rows)
    new = [_begun(scope, model, one, rows, at=at) for one in kinds if one.id is None]
    RequestCluster.objects.bulk_create(new)
    if len(kinds) > MOST_CLUSTERS:
        _forget(scope, model, least=least)


def _known(scope: Scope, model: str) -> list[Kind]:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT id, seen, vector_send(centre) FROM request_clusters"
            " WHERE tenant_id = %s AND embedding_model = %s ORDER BY id",
            [scope.tenant_id, model],
        )
        return [Kind(unpacked(centre), seen, id) for id, seen, centre in cursor.fetchall()]


def _grow(scope: Scope, kinds: Sequence[Kind], rows: Sequence[Any]) -> None:
    """Write what joined kinds that are known; the members that they have stay where they are. One statement."""
    if not kinds:
        return
    times = [max(rows[place][3] for place in one.joined) for one in kinds]
    centres = [f"[{','.join(map(repr, one.centre.tolist()))}]" for one in kinds]
    members = [f"{{{','.join(str(rows[place][2]) for place in one.joined)}}}" for one in kinds]
    values: dict[str, Any] = {"ids": [one.id for one in kinds], "seen": [one.seen for one in kinds], "centres": centres}
    with connection.cursor() as cursor:
        values |= {"tenant": scope.tenant_id, "members": members, "times": times, "most": MOST_MEMBERS}
        cursor.execute(_GROW, values)


def _begun(scope: Scope, model: str, kind: Kind, rows: Sequence[Any], *, at: datetime) -> RequestCluster:
    members: list[UUID] = [rows[place][2] for place in kind.joined]
    times = [rows[place][3] for place in kind.joined]
    return RequestCluster(
        id=new_id(at),
        tenant_id=scope.tenant_id,
        embedding_model=model,
        centre=kind.centre.tolist(),
        seen=kind.seen,
        members=members[-MOST_MEMBERS:],
        first_at=min(times),
        last_at=max(times),
    )


def _forget(scope: Scope, model: str, *, least: int) -> None:
    rows = list(
        RequestCluster.objects.filter(tenant_id=scope.tenant_id, embedding_model=model)
        .order_by("id")
        .values_list("id", "seen", "last_at")
    )
    gone = overflowing([row[1] for row in rows], [row[2].timestamp() for row in rows], most=MOST_CLUSTERS, least=least)
    RequestCluster.objects.filter(tenant_id=scope.tenant_id, id__in=[rows[place][0] for place in gone]).delete()
