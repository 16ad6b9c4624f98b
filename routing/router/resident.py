"""The vectors of a tenant's active rules in this process's memory, so that the database looks up the nearest rules and needs not
look for them.

INVARIANTS. What is kept is never believed by itself: `Resident.nearest` gives ids, and the statement that reads those rules
also reads every rule whose vector, model or being on changed in a transaction that `snapshot` does not see (a trigger keeps
`routing_rules.changed_in`), all in the one snapshot of that statement. Only a snapshot that sees all changes of the tenant's
rules is kept, so nothing of a transaction that may still be rolled back. A matrix belongs to one tenant and one model, and what
it names is read under that tenant's walls. Rules are never deleted (`rls.KeepRows`). Transactions are READ COMMITTED: each
statement sees at least what an earlier one saw.
"""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass
from threading import Lock
from typing import Any, Final
from uuid import UUID

import numpy as np
from django.db import connection

from routing.embeddings.embedder import Vectors
from routing.embeddings.nearest import PLACES, Near, nearest

LEAST: Final = 100
"""Rules below which the database is as quick."""
MOST: Final = 5_000
"""Rules of a tenant above which they stay in the database: it may have an index of as many (`large`)."""
MOST_BYTES: Final = 48 * 2**20
"""Of all tenants in a process; those that were not asked for longest go first."""
AGAIN: Final = 1_000
"""A tenant whose rules were too few, too many or unsettled is looked at again after so many choices."""
_HOW_MANY: Final = """
SELECT count(*) FROM (SELECT 1 FROM routing_rules WHERE tenant_id = %(tenant)s AND embedding_model = %(model)s AND is_active
  LIMIT %(most)s) live
"""
_READ: Final = """
SELECT array_agg(id ORDER BY id), string_agg(vector_send(request_embedding), ''::bytea ORDER BY id), pg_current_snapshot()::text,
  NOT EXISTS (SELECT 1 FROM routing_rules WHERE tenant_id = %(tenant)s
    AND changed_in >= pg_snapshot_xmin(pg_current_snapshot()) AND NOT pg_visible_in_snapshot(changed_in, pg_current_snapshot()))
FROM routing_rules WHERE tenant_id = %(tenant)s AND embedding_model = %(model)s AND is_active
"""


@dataclass(frozen=True)
class Resident:
    """A tenant's active rules of one model as `snapshot` saw them: `ids` in order, `vectors` of unit length beside them."""

    ids: tuple[UUID, ...]
    vectors: Vectors
    snapshot: str

    def nearest(self, vector: Vectors, *, most: int) -> list[Near]:
        """The rules nearest to `vector`, nearest first, as places in `ids`."""
        return nearest(_unit(vector), self.vectors, most=most)


Key = tuple[UUID, str]

_lock = Lock()
_kept: OrderedDict[Key, Resident] = OrderedDict()
_passed: OrderedDict[Key, int] = OrderedDict()


def cosine(vector: Vectors, packed: bytes) -> float:
    """Of a vector and one as pgvector's `vector_send` has it, rounded as `nearest` rounds."""
    other = np.frombuffer(packed, dtype=">f4", offset=4).astype(np.float32)
    return round(float(_unit(vector) @ _unit(other)), PLACES)


def kept(*, tenant_id: UUID, model: str) -> Resident | None:
    """What this process has of the tenant; None where the database must be asked. No statement."""
    with _lock:
        found = _kept.get((tenant_id, model))
        if found is not None:
            _kept.move_to_end((tenant_id, model))
        return found


def keep(*, tenant_id: UUID, model: str, dimensions: int) -> None:
    """Read the tenant's rules into memory, if they are neither few nor too many. At most two statements, seldom."""
    key = (tenant_id, model)
    if not _is_due(key):
        return
    values: dict[str, Any] = {"tenant": tenant_id, "model": model, "most": MOST + 1}
    with connection.cursor() as cursor:
        cursor.execute(_HOW_MANY, values)
        if not LEAST <= cursor.fetchone()[0] <= min(MOST, MOST_BYTES // (4 * dimensions)):
            return
        cursor.execute(_READ, values)
        ids, packed, snapshot, is_settled = cursor.fetchone()
    vectors = _unpacked(packed, len(ids or ()), dimensions) if is_settled else None
    if vectors is not None:
        _put(key, Resident(tuple(ids), vectors, snapshot))


def drop(*, tenant_id: UUID, model: str) -> None:
    """Much of it changed: the next choice reads it anew."""
    with _lock:
        _kept.pop((tenant_id, model), None)
        _passed.pop((tenant_id, model), None)


def forget_all() -> None:
    """As in a process that has just begun."""
    with _lock:
        _kept.clear()
        _passed.clear()


def _is_due(key: Key) -> bool:
    with _lock:
        passed = _passed.pop(key, 0)
        _passed[key] = (passed + 1) % AGAIN
        while len(_passed) > AGAIN:
            _passed.popitem(last=False)
        return passed == 0


def _put(key: Key, found: Resident) -> None:
    with _lock:
        _kept[key] = found
        _kept.move_to_end(key)
        while sum(one.vectors.nbytes for one in _kept.values()) > MOST_BYTES:
            _kept.popitem(last=False)


def _unpacked(packed: bytes | None, rows: int, dimensions: int) -> Vectors | None:
    """The vectors as pgvector's `vector_send` has them, one after another; None where one has another size or no direction."""
    if packed is None or len(packed) != rows * (4 + 4 * dimensions):
        return None
    numbers = np.frombuffer(packed, dtype=">f4").reshape(rows, 1 + dimensions)[:, 1:].astype(np.float32)
    lengths = np.linalg.norm(numbers, axis=1, keepdims=True)
    return np.ascontiguousarray(numbers / lengths) if (lengths > 0).all() else None


def _unit(vector: Vectors) -> Vectors:
    length = float(np.linalg.norm(vector))
    return np.asarray(vector / length if length else vector, dtype=np.float32)
