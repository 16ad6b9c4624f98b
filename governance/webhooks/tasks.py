"""What the worker calls: one attempt, and every minute the waits that are over."""

from __future__ import annotations

import logging
from datetime import datetime
from uuid import UUID

from django.utils import timezone

from governance.tenancy import active_tenant_ids
from governance.webhooks import deliveries

log = logging.getLogger(__name__)


def deliver(delivery_id: str, tenant_id: str, attempt: int) -> str:
    """Try once to deliver; a second message for the same attempt does nothing."""
    return deliveries.deliver(
        tenant_id=UUID(tenant_id), delivery_id=UUID(delivery_id), attempt=attempt, clock=timezone.now
    )


def sweep(at_iso: str | None = None) -> int:
    """Wake every delivery whose wait is over, in every active tenant; returns how many. `at_iso` replaces the clock."""
    at = datetime.fromisoformat(at_iso) if at_iso else timezone.now()
    woken = 0
    for tenant_id in active_tenant_ids():
        try:
            woken += deliveries.wake_due(tenant_id=tenant_id, at=at)
        except Exception:
            log.exception("tenant %s: its webhook deliveries could not be woken", tenant_id)
    return woken
