"""What the worker calls: `deliver` for one tenant when something is urgent, `tick` every minute for all."""

from __future__ import annotations

import logging
from datetime import datetime
from uuid import UUID

from django.utils import timezone

from governance.notices import actions
from governance.notices.mail import Clock, send_due, write_due
from governance.tenancy import active_tenant_ids, in_tenant

log = logging.getLogger(__name__)


def deliver(tenant_id: str, at_iso: str | None = None) -> dict[str, int]:
    """Write and send what is due in one tenant; twice, or two at once, does no harm. `at_iso` replaces the clock."""
    clock: Clock = (lambda: datetime.fromisoformat(at_iso)) if at_iso else timezone.now
    written = write_due(tenant_id=UUID(tenant_id), at=clock())
    return {"written": written, "sent": send_due(tenant_id=UUID(tenant_id), clock=clock)}


def tick(at_iso: str | None = None) -> dict[str, int]:
    """Deliver in every active tenant. A tenant that fails is logged and does not stop the others."""
    counts = {"written": 0, "sent": 0, "failed": 0}
    for tenant_id in active_tenant_ids():
        try:
            done = deliver(str(tenant_id), at_iso)
        except Exception:
            log.exception("tenant %s: its mail could not be delivered", tenant_id)
            counts["failed"] += 1
            continue
        counts["written"] += done["written"]
        counts["sent"] += done["sent"]
    return counts


def drop_old(at_iso: str | None = None) -> int:
    """Drop news and mails of long ago in every active tenant; returns how many. `at_iso` replaces the clock."""
    clock: Clock = (lambda: datetime.fromisoformat(at_iso)) if at_iso else timezone.now
    at, count = clock(), 0
    for tenant_id in active_tenant_ids():
        try:
            with in_tenant(tenant_id):
                count += actions.drop_old(tenant_id=tenant_id, at=at)
        except Exception:
            log.exception("tenant %s: old news could not be dropped", tenant_id)
    return count
