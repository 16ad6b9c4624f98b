"""What the worker does for guardrails each minute. It may run twice; a tenant's failure keeps no other waiting."""

from __future__ import annotations

import logging
from datetime import datetime

from django.db.models import F
from django.utils import timezone

from dreams.guardrails import looking, watching
from dreams.guardrails.models import OPEN, Watch
from governance.scope import Scope, tars_scope
from governance.tenancy import active_tenant_ids, in_tenant

log = logging.getLogger(__name__)


def watch(at_iso: str | None = None) -> int:
    """Begin to watch what was applied, and look at everything that is watched; returns how many were looked at."""
    looked = 0
    for tenant_id in active_tenant_ids():
        at = datetime.fromisoformat(at_iso) if at_iso else timezone.now()
        try:
            looked += watch_tenant(scope=tars_scope(tenant_id), at=at)
        except Exception:
            log.exception("tenant %s: its guardrails could not be looked at", tenant_id)
    return looked


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
