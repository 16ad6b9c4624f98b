"""What came of the executions of one kind of request: read anew each time, so that stars and disputes given later count too."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, TypeVar
from uuid import UUID

import numpy as np
from django.db import connection

from governance.registry.models import Status, System
from governance.scope import Scope
from routing.learning.belief import Trial
from routing.learning.clustering import Vectors

T = TypeVar("T")
MOST_MEMBERS: Final = 400
"""The newest executions of a kind, from which its figures are made."""
EXAMPLES: Final = 6
_READ: Final = """
SELECT e.id, e.user_request, e.system_id, e.status, e.completed_at, e.user_satisfaction, e.disputed_at IS NOT NULL, e.cost_usd,
  e.duration_ms, e.action, e.routing_path, e.route ->> 'router', e.parent_id IS NOT NULL, c.system_id
FROM executions e LEFT JOIN corrections c ON c.tenant_id = e.tenant_id AND c.execution_id = e.id
WHERE e.tenant_id = %s AND e.id = ANY(%s::uuid[]) ORDER BY e.completed_at DESC, e.id DESC
"""
_VECTORS: Final = """
SELECT id, vector_send(request_embedding) FROM executions
WHERE tenant_id = %s AND id = ANY(%s::uuid[]) AND embedding_model = %s AND request_embedding IS NOT NULL ORDER BY id DESC
"""


@dataclass(frozen=True, slots=True)
class Request:
    """One execution: what was asked, the system that it ended with, and what was tried, that one first."""

    id: UUID
    text: str
    status: str
    system_id: UUID
    trials: tuple[Trial, ...]
    instead: UUID | None = None
    """The system that people would have given it to."""


@dataclass(frozen=True, slots=True)
class Past:
    """Executions of one kind, newest first, with every system's trials. `names` are of active systems."""

    requests: tuple[Request, ...]
    names: dict[UUID, str]

    @property
    def trials(self) -> list[Trial]:
        return [trial for one in self.requests for trial in one.trials]

    def examples(self) -> list[UUID]:
        """The newest that failed, two at most, and the newest others."""
        failed = [one.id for one in self.requests if one.status != "success"][:2]
        fine = [one.id for one in self.requests if one.status == "success"][: EXAMPLES - len(failed)]
        return [one.id for one in self.requests if one.id in {*failed, *fine}]


def past_of(*, scope: Scope, members: Sequence[UUID]) -> Past:
    """What came of these executions. Two statements."""
    return pasts_of(scope=scope, kinds=[members])[0]


def pasts_of(*, scope: Scope, kinds: Sequence[Sequence[UUID]]) -> list[Past]:
    """What came of the executions of each kind; two statements for all of them."""
    with connection.cursor() as cursor:
        cursor.execute(_READ, [scope.tenant_id, [id for members in kinds for id in members]])
        rows = cursor.fetchall()
    ids = {row[2] for row in rows} | {row[13] for row in rows if row[13]} | {id for row in rows for id in row[10]}
    systems = System.objects.filter(tenant_id=scope.tenant_id, id__in=ids)
    found = list(systems.values_list("id", "name", "status"))
    names = {id: name for id, name, _ in found}
    active = {id: name for id, name, status in found if status == Status.ACTIVE}
    requests = [(row[0], Request(row[0], row[1], row[3], row[2], tuple(_trials(row, names)), row[13])) for row in rows]
    return [Past(tuple(some), active) for some in _of_each(requests, kinds)]


def vectors_of(*, scope: Scope, kinds: Sequence[Sequence[UUID]], model: str) -> list[tuple[list[UUID], Vectors]]:
    """The vectors of each kind's executions that are of this model, newest first; what is archived has none here."""
    with connection.cursor() as cursor:
        cursor.execute(_VECTORS, [scope.tenant_id, [id for members in kinds for id in members], model])
        rows = [(row[0], row) for row in cursor.fetchall()]
    found = []
    for some in _of_each(rows, kinds):
        vectors = np.stack([unpacked(row[1]) for row in some]) if some else np.zeros((0, 1), np.float32)
        found.append(([row[0] for row in some], vectors))
    return found


def _of_each(rows: Iterable[tuple[UUID, T]], kinds: Sequence[Sequence[UUID]]) -> list[list[T]]:
    """Those of each kind, in the order in which they were read."""
    kind_of = {id: n for n, members in enumerate(kinds) for id in members}
    found: list[list[T]] = [[] for _ in kinds]
    for id, row in rows:
        found[kind_of[id]].append(row)
    return found


def parsed(text: str) -> Vectors:
    """A vector as pgvector writes it."""
    return np.array(text[1:-1].split(","), dtype=np.float32)


def unpacked(data: bytes) -> Vectors:
    """A vector as pgvector's `vector_send` has it: read far quicker than its text, a copy of the bits."""
    return np.frombuffer(data, dtype=">f4", offset=4).astype(np.float32)


def _trials(row: Sequence[Any], names: dict[UUID, str]) -> Iterator[Trial]:
    """The system that it ended with, the one that people would have given it to, and before it those that were called in vain.
    What was handed on goes on with the path of what it is a part of: those called before are that one's."""
    _, _, system, status, at, stars, is_disputed, cost, ms, action, path, router, is_part, instead = row
    yield Trial(
        system,
        status,
        _aware(at),
        stars,
        is_disputed,
        is_corrected=instead is not None,
        cost_usd=cost,
        duration_ms=ms,
        action=action,
    )
    if instead is not None:
        yield Trial(instead, "success", _aware(at), is_word=True)
    if not is_part:
        for other in dict.fromkeys(path):
            if other != system and names.get(other) not in {None, router}:
                yield Trial(other, "failed", _aware(at))


def _aware(at: Any) -> datetime:
    assert isinstance(at, datetime)
    return at
