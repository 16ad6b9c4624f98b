"""What the worker does for drift by the clock. It may run twice; a tenant's failure keeps no other waiting."""

from __future__ import annotations

import logging

from django.utils import timezone

from governance.drift import thinning
from governance.drift.observing import observe as observe_tenant
from governance.scope import tars_scope
from governance.tenancy import active_tenant_ids

log = logging.getLogger(__name__)


def observe() -> int:
    """Every 15 minutes: measure what was recorded since, and move the systems whose score or time says so."""
    moved = 0
    for tenant_id in active_tenant_ids():
        try:
            moved += observe_tenant(scope=tars_scope(tenant_id), at=timezone.now()).moved
        except Exception:
            log.exception("tenant %s: drift could not be observed", tenant_id)
    return moved


def thin() -> int:
    """Each night: of looks older than 90 days keep one a day for each system. Returns how many went."""
    gone = 0
    for tenant_id in active_tenant_ids():
        try:
            gone += thinning.thin(tenant_id=tenant_id, at=timezone.now())
        except Exception:
            log.exception("tenant %s: its old drift scores could not be thinned", tenant_id)
    return gone
