"""What the worker calls every 15 minutes: reminders, deadlines, escalation."""

from __future__ import annotations

import logging
from collections import Counter
from datetime import datetime

from django.utils import timezone

from governance.approvals.reminders import remind_due
from governance.scope import tars_scope
from governance.tenancy import active_tenant_ids

log = logging.getLogger(__name__)


def remind(at_iso: str | None = None) -> dict[str, int]:
    """Remind in every active tenant; returns how often. `at_iso` replaces the clock; a tenant that fails stops no other."""
    at = datetime.fromisoformat(at_iso) if at_iso else timezone.now()
    counts: Counter[str] = Counter()
    for tenant_id in active_tenant_ids():
        try:
            counts.update(remind_due(scope=tars_scope(tenant_id), at=at))
        except Exception:
            log.exception("tenant %s: nobody could be reminded", tenant_id)
            counts["failed"] += 1
    return dict(counts)
