"""How many requests a caller makes in a minute: one upsert each."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db import connection

from governance.ids import new_id

# Losing a count in a crash is harmless, so the commit does not wait for the disk.
_COUNT = """
WITH lax AS (SELECT set_config('synchronous_commit', 'off', true) AS said)
INSERT INTO rate_windows AS w (id, tenant_id, caller, starts_at, count)
SELECT %(id)s, %(tenant)s, %(caller)s, %(starts)s, 1 FROM lax WHERE said IS NOT NULL
ON CONFLICT (tenant_id, caller) DO UPDATE SET
  count = CASE WHEN w.starts_at = excluded.starts_at THEN w.count + 1 ELSE 1 END, starts_at = excluded.starts_at
RETURNING count
"""


@dataclass(frozen=True, slots=True)
class Window:
    """One caller's minute. `reset` is the number of seconds until the next one."""

    limit: int
    count: int
    reset: int

    @property
    def is_over(self) -> bool:
        return self.count > self.limit

    @property
    def headers(self) -> dict[str, str]:
        left = max(0, self.limit - self.count)
        return {
            "RateLimit-Limit": str(self.limit),
            "RateLimit-Remaining": str(left),
            "RateLimit-Reset": str(self.reset),
        }


def count_request(*, tenant_id: UUID, caller: str, limit: int, at: datetime) -> Window:
    """Count one request of the caller, inside the tenant's transaction; it must commit at once, for it locks the caller's row."""
    starts = at.replace(second=0, microsecond=0)
    with connection.cursor() as cursor:
        cursor.execute(_COUNT, {"id": new_id(at), "tenant": tenant_id, "caller": caller, "starts": starts})
        row = cursor.fetchone()
    return Window(limit=limit, count=row[0], reset=60 - at.second)
