"""Each night what nobody used gets colder: HOT to WARM after 30 days, COLD after 90, both counted from `last_accessed_at`.

Systems go to ARCHIVED the same way; they stay where they are, because their constitutions are evidence and their agents
still answer.
Executions are moved out by `moving.archive`. Every batch is a transaction; a night that is cut short or runs twice changes
nothing else.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from django.db import connection

from governance.rulebook.law_document import SYSTEM_NAME as LAW
from governance.scope import Scope
from governance.tenancy import in_tenant
from routing.lifecycle import ages

BATCH: Final = 5_000
NIGHTLY: Final = 400
"""Batches of executions that a night moves at most; the next night goes on."""

_EXECUTIONS: Final = """
UPDATE executions SET lifecycle_state = '{to}' WHERE tenant_id = %(tenant)s AND id IN (
  SELECT id FROM executions WHERE tenant_id = %(tenant)s AND lifecycle_state = '{of}' AND last_accessed_at <= %(before)s
  ORDER BY last_accessed_at LIMIT %(most)s FOR UPDATE SKIP LOCKED)
"""
_SYSTEMS: Final = """
UPDATE systems s SET lifecycle_state = n.state, archived_at = CASE WHEN n.state = 'ARCHIVED' THEN coalesce(s.archived_at,
%(at)s) END FROM (
  SELECT id, CASE WHEN last_accessed_at <= %(archived)s THEN 'ARCHIVED' WHEN last_accessed_at <= %(cold)s THEN 'COLD'
    WHEN last_accessed_at <= %(warm)s THEN 'WARM' ELSE 'HOT' END AS state
  FROM systems WHERE tenant_id = %(tenant)s AND name <> %(law)s AND lifecycle_state <> 'PRUNED' ORDER BY id FOR NO KEY UPDATE) n
WHERE s.tenant_id = %(tenant)s AND s.id = n.id AND s.lifecycle_state <> n.state
"""


@dataclass(frozen=True, slots=True)
class Aged:
    """How many rows a night made colder, by the state they have now, and how many systems moved, either way."""

    warm: int
    cold: int
    systems: int


def age(*, scope: Scope, at: datetime, most: int = NIGHTLY) -> Aged:
    """One tenant's night."""
    cold = sum(_moved(scope, of, "COLD", before=at - ages.COLD, most=most) for of in ("WARM", "HOT"))
    warm = _moved(scope, "HOT", "WARM", before=at - ages.WARM, most=most)
    return Aged(warm, cold, _systems(scope, at=at))


def _moved(scope: Scope, of: str, to: str, *, before: datetime, most: int) -> int:
    moved = 0
    for _ in range(most):
        found = _run(scope, _EXECUTIONS.format(of=of, to=to), {"before": before, "most": BATCH})
        moved += found
        if found < BATCH:
            break
    return moved


def _systems(scope: Scope, *, at: datetime) -> int:
    moments = {"warm": at - ages.WARM, "cold": at - ages.COLD, "archived": at - ages.ARCHIVED}
    return _run(scope, _SYSTEMS, {**moments, "at": at, "law": LAW})


def _run(scope: Scope, statement: str, values: dict[str, Any]) -> int:
    with in_tenant(scope.tenant_id, durable=True), connection.cursor() as cursor:
        cursor.execute(statement, {"tenant": scope.tenant_id, **values})
        return int(cursor.rowcount)
