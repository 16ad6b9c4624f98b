"""Who opens an execution or a system leaves a note; a task folds the notes into the rows, so that no page waits for a hot row.

What was served needs no note: it is folded with its receipt (`registry.statistics`).
"""

from __future__ import annotations

from datetime import datetime
from typing import Final
from uuid import UUID

from django.db import connection

from governance.ids import new_id
from governance.scope import Scope
from governance.tenancy import in_tenant

BATCH: Final = 2_000

_NOTE: Final = "INSERT INTO accesses (id, tenant_id, execution_id, system_id, at) VALUES (%s, %s, %s, %s, %s)"
# Rows are locked by ascending id. What is archived stays archived: opening its page does not bring it back, a click does.
_FOLD: Final = """
WITH taken AS MATERIALIZED (
  DELETE FROM accesses WHERE id IN (
    SELECT id FROM accesses WHERE tenant_id = %(tenant)s ORDER BY id LIMIT %(most)s FOR UPDATE SKIP LOCKED)
  RETURNING execution_id, system_id, at),
opened AS MATERIALIZED (
  SELECT e.id, t.times, t.last FROM executions e
  JOIN (SELECT execution_id, count(*)::integer AS times, max(at) AS last FROM taken GROUP BY 1) t ON t.execution_id = e.id
  WHERE e.tenant_id = %(tenant)s ORDER BY e.id FOR UPDATE OF e),
executions_done AS (
  UPDATE executions e SET access_count = e.access_count + o.times, last_accessed_at = greatest(e.last_accessed_at, o.last),
    lifecycle_state = CASE WHEN e.lifecycle_state IN ('WARM', 'COLD') THEN 'HOT' ELSE e.lifecycle_state END
  FROM opened o WHERE e.tenant_id = %(tenant)s AND e.id = o.id),
seen AS MATERIALIZED (
  SELECT s.id, t.times, t.last FROM systems s
  JOIN (SELECT system_id, count(*)::integer AS times, max(at) AS last FROM taken GROUP BY 1) t ON t.system_id = s.id
  WHERE s.tenant_id = %(tenant)s AND s.lifecycle_state <> 'PRUNED' ORDER BY s.id FOR NO KEY UPDATE OF s),
systems_done AS (
  UPDATE systems s SET access_count = s.access_count + o.times, last_accessed_at = greatest(s.last_accessed_at, o.last),
    lifecycle_state = 'HOT', archived_at = NULL
  FROM seen o WHERE s.tenant_id = %(tenant)s AND s.id = o.id)
SELECT count(*) FROM taken
"""


def note(*, scope: Scope, execution_id: UUID | None = None, system_id: UUID | None = None, at: datetime) -> None:
    """Remember that somebody opened it, inside the caller's tenant transaction: one row that nobody else writes to."""
    with connection.cursor() as cursor:
        cursor.execute(_NOTE, [new_id(at), scope.tenant_id, execution_id, system_id, at])


def fold(*, scope: Scope, at: datetime) -> int:
    """Count the notes, some in a transaction; returns how many. A note is deleted where it is counted: none counts twice."""
    folded = 0
    while True:
        with in_tenant(scope.tenant_id, durable=True), connection.cursor() as cursor:
            cursor.execute(_FOLD, {"tenant": scope.tenant_id, "most": BATCH})
            found: int = cursor.fetchone()[0]
        folded += found
        if found < BATCH:
            return folded
