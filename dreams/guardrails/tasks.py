"""What the worker does for guardrails each minute. It may run twice; a tenant that is slow or fails keeps no other waiting."""

from __future__ import annotations

import logging
from datetime import datetime
from typing import Final
from uuid import UUID, uuid5

from django.db.models import F
from django.utils import timezone
from django_q.tasks import async_task

from dreams.guardrails import looking, watching
from dreams.guardrails.models import OPEN, Watch
from governance.locks import alone
from governance.scope import Scope, tars_scope
from governance.tenancy import active_tenant_ids, in_tenant

log = logging.getLogger(__name__)
ONE: Final = "dreams.guardrails.tasks.watch_one"


def watch(at_iso: str | None = None) -> int:
    """Queue a look at every active tenant's watches, one task each; returns how many."""
    tenants = active_tenant_ids()
    for tenant_id in tenants:
        # Kept only where it fails: each minute each tenant would push other tasks out of the list of those that went well.
        async_task(ONE, str(tenant_id), at_iso, task_name=f"Watch the amendments of {tenant_id}", save=False)
    return len(tenants)


def watch_one(tenant_id: str, at_iso: str | None = None) -> int:
    """Begin to watch what was applied in one tenant, and look at everything that is watched; returns how many were looked at.

    Where the look of a minute before still goes on it does nothing: a slow tenant's tasks do not pile up on the workers.
    """
    id = UUID(tenant_id)
    with alone(uuid5(id, ONE)) as is_alone:
        if not is_alone:
            return 0
        return watch_tenant(scope=tars_scope(id), at=datetime.fromisoformat(at_iso) if at_iso else timezone.now())


def watch_tenant(*, scope: Scope, at: datetime) -> int:
    """One tenant's. A watch that fails stops no other."""
    if watching.is_waiting(scope=scope):
        return 0
    with in_tenant(scope.tenant_id):
        new = watching.unwatched(scope=scope, at=at)
    for amendment_id in new:
        try:
            watching.begin(scope=scope, amendment_id=amendment_id, at=at)
        except Exception:
            log.exception("tenant %s: amendment %s could not be watched", scope.tenant_id, amendment_id)
    with in_tenant(scope.tenant_id):
        rows = Watch.objects.filter(tenant_id=scope.tenant_id, state__in=[one.value for one in OPEN])
        # The longest waiting first: where a minute is too short for all of them, none is left out for good. Of those that wait
        # alike the youngest amendment first: undone after an older one that it overlaps, it would stand in that one's way.
        waiting = rows.order_by(F("looked_at").asc(nulls_first=True), "-begins_at", "-id")
        open = list(waiting.values_list("id", flat=True))
    for watch_id in open:
        try:
            looking.visit(scope=scope, watch_id=watch_id, at=at)
        except Exception:
            log.exception("tenant %s: watch %s could not be looked at", scope.tenant_id, watch_id)
    return len(open)
