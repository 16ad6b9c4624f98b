"""Every five minutes: tell of tools that fail too often. Running it twice tells once."""

from __future__ import annotations

import logging
from datetime import datetime

from django.utils import timezone

from governance.tenancy import active_tenant_ids
from routing.telemetry.alerts import alert

log = logging.getLogger(__name__)


def watch(at_iso: str | None = None) -> int:
    """Look at the last hour of every active tenant; returns how many tools are alarming. `at_iso` replaces the clock."""
    at = datetime.fromisoformat(at_iso) if at_iso else timezone.now()
    alarming = 0
    for tenant_id in active_tenant_ids():
        try:
            alarming += alert(tenant_id=tenant_id, at=at)
        except Exception:
            log.exception("tenant %s: its tools could not be looked over", tenant_id)
    return alarming
