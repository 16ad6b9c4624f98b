"""Answers that dreams got to requests: they go when the request is destroyed, and with time. The figures stay."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any, Final

from dreams.cycles.models import DreamRun
from governance.scope import Scope
from governance.tenancy import in_tenant
from routing.lifecycle.forgetting import Destroyed

WORDS: Final[dict[str, Any]] = {"output": None, "text": "", "why": "", "hops": []}
KEPT: Final = timedelta(days=180)
A_BATCH: Final = 5_000
BATCHES: Final = 20


def forget(scope: Scope, gone: Destroyed) -> int:
    """Take the answers of these executions away; what they came to (success, time, cost) stays. Returns how many runs."""
    keys = [str(id) for id in gone.ids]
    rows = DreamRun.objects.filter(tenant_id=scope.tenant_id, request_key__in=keys).order_by("id")
    changed = []
    for row in rows.iterator(chunk_size=500):
        row.ran = wordless(row.ran)
        changed.append(row)
    DreamRun.objects.bulk_update(changed, ["ran"], batch_size=500)
    return len(changed)


def wordless(ran: dict[str, Any]) -> dict[str, Any]:
    """A run without anything that somebody said."""
    return {**ran, **WORDS}


def drop_old(*, scope: Scope, at: datetime) -> int:
    """Delete runs whose night is long ago, some thousands at a time; their dreams keep the figures. While everything is on legal
    hold the database keeps them (`tars_stays_on_hold`). Returns how many."""
    dropped = 0
    for _ in range(BATCHES):
        with in_tenant(scope.tenant_id, durable=True):
            rows = DreamRun.objects.filter(tenant_id=scope.tenant_id, ran_at__lt=at - KEPT).order_by("ran_at", "id")
            ids = list(rows.values_list("id", flat=True)[:A_BATCH])
            count, _each = DreamRun.objects.filter(tenant_id=scope.tenant_id, id__in=ids).delete()
        dropped += count
        if count < A_BATCH:
            break
    return dropped
