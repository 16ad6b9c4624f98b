"""Looks are kept for 90 days each; of a day before that the one with the largest score."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from governance import sql
from governance.drift.models import DriftScore
from governance.tenancy import in_tenant

KEPT_FOR: Final = timedelta(days=90)
MOST: Final = 10_000
"""Rows that one run takes from one tenant; the rest waits for the next night."""
STEP: Final = 1_000

# The id breaks ties as the largest score does, so that who runs it twice at once names the same rows.
_SPARE: Final = """
SELECT id FROM (
  SELECT id, row_number() OVER (
    PARTITION BY system_id, date_trunc('day', at, 'UTC') ORDER BY score DESC, id
  ) AS place FROM drift_scores WHERE tenant_id = %s AND at < %s
) ranked WHERE place > 1 ORDER BY id LIMIT %s
"""


def thin(*, tenant_id: UUID, at: datetime) -> int:
    """Drop a tenant's spare looks, in short transactions; returns how many. While everything is on hold none goes."""
    dropped = 0
    while dropped < MOST:
        with in_tenant(tenant_id, durable=True):
            ids = [row[0] for row in sql.rows(_SPARE, [tenant_id, at - KEPT_FOR, min(STEP, MOST - dropped)])]
            gone, _ = DriftScore.objects.filter(tenant_id=tenant_id, id__in=ids).delete() if ids else (0, {})
        dropped += gone
        if not gone:
            break
    return dropped
