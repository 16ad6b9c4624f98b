"""How many executions of each system are in which state of ageing, at this moment: sums, and what is not in them yet.

Everything that moves is counted where it moves (`ExecutionAge`); only what is new waits for a task, and counts here as new.
"""

from __future__ import annotations

from typing import Any, Final
from uuid import UUID

from django.db import connection

from governance.scope import Capability, Scope
from routing.executions.folding import ANCHORED, NEW, reach
from routing.figures.marks import read_of_one_moment

States = dict[str, int]
"""Executions by state; a state in which there are none may be missing."""

# the mark is written into the text: unknown to the plan, it would have the whole table read
_ROLLED: Final = f"""
WITH seen AS MATERIALIZED (
  SELECT max(sequence) AS sequence FROM figure_marks WHERE tenant_id = %(tenant)s AND source = '{ANCHORED}'),
rest AS MATERIALIZED (
  SELECT system_id FROM executions e WHERE e.tenant_id = %(tenant)s AND e.id IN (
    SELECT execution_id FROM receipts WHERE tenant_id = %(tenant)s AND sealed_in > {{mark}}
    UNION ALL SELECT execution_id FROM receipts WHERE tenant_id = %(tenant)s AND sealed_in IS NULL))
SELECT system_id, state, sum(total)::bigint, (SELECT coalesce(sequence, 0) FROM seen) FROM (
  SELECT system_id, state, total FROM execution_ages WHERE tenant_id = %(tenant)s {{only}}
  UNION ALL SELECT system_id, '{NEW}', count(*) FROM rest WHERE true {{only}} GROUP BY system_id) parts
GROUP BY system_id, state HAVING sum(total) <> 0
"""  # noqa: S608
_COUNTED: Final = """
SELECT system_id, lifecycle_state, count(*), 0 FROM executions WHERE tenant_id = %(tenant)s {only}
GROUP BY system_id, lifecycle_state
"""


def by_system(*, scope: Scope, exact: bool = False) -> dict[UUID | None, States]:
    """By system; None: what nobody got. Two queries. `exact` counts the executions themselves. Raises `NotAllowed`."""
    return read_of_one_moment(lambda: _asked(scope, None, exact=exact))


def of_system(*, scope: Scope, system_id: UUID) -> States:
    """One system's. Two queries. Raises `NotAllowed`."""
    return read_of_one_moment(lambda: _asked(scope, system_id, exact=False)).get(system_id, {})


def _asked(scope: Scope, system_id: UUID | None, *, exact: bool) -> dict[UUID | None, States] | None:
    """None where a task moved the mark between the two statements."""
    scope.demand(Capability.READ_RECORD, to="see where executions are")
    mark = 0 if exact else reach(tenant_id=scope.tenant_id).sequence
    values: dict[str, Any] = {"tenant": scope.tenant_id, "system": system_id}
    text = (_COUNTED if exact else _ROLLED).format(
        mark=int(mark), only="AND system_id = %(system)s" if system_id else ""
    )
    with connection.cursor() as cursor:
        cursor.execute(text, values)
        rows = cursor.fetchall()
    if any(row[3] != mark for row in rows):
        return None
    found: dict[UUID | None, States] = {}
    for system, state, total, _ in rows:
        found.setdefault(system, {})[state] = total
    return found
