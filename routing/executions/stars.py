"""The stars that people gave become the systems' `avg_user_satisfaction`: in a task, so that no rating waits for a system's row.

An average is read whole each time, never moved: a rating that is revised, or a task that runs twice, changes nothing else.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Final
from uuid import UUID

from django.db.models import Avg

from governance.registry.models import System
from governance.registry.statistics import keep_stars_within
from governance.scope import Scope
from governance.tenancy import in_tenant
from routing.executions.models import Execution

LATELY: Final = timedelta(hours=1)
"""How far back the frequent task looks for ratings; the nightly one looks at everything."""
BATCH: Final = 100
_HUNDREDTH: Final = Decimal("0.01")


def fold_rated(*, scope: Scope, at: datetime) -> int:
    """Systems that were rated within `LATELY`; returns for how many the average moved."""
    with in_tenant(scope.tenant_id):
        rows = Execution.objects.filter(tenant_id=scope.tenant_id, rated_at__gte=at - LATELY)
        ids = {id for id in rows.values_list("system_id", flat=True) if id is not None}
    return _folded(scope, sorted(ids))


def fold_all(*, scope: Scope, at: datetime) -> int:
    """Every system of the tenant."""
    with in_tenant(scope.tenant_id):
        ids = sorted(System.objects.filter(tenant_id=scope.tenant_id).values_list("id", flat=True))
    return _folded(scope, ids)


def _folded(scope: Scope, ids: Sequence[UUID]) -> int:
    """A batch of systems in a transaction each."""
    moved = 0
    for start in range(0, len(ids), BATCH):
        with in_tenant(scope.tenant_id, durable=True):
            rows = Execution.objects.filter(
                tenant_id=scope.tenant_id, system_id__in=ids[start : start + BATCH], user_satisfaction__isnull=False
            )
            found = rows.order_by().values_list("system_id").annotate(stars=Avg("user_satisfaction"))
            stars = {id: Decimal(str(mean)).quantize(_HUNDREDTH) for id, mean in found}
            moved += keep_stars_within(tenant_id=scope.tenant_id, stars=stars)
    return moved
