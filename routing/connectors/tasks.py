"""Every hour: forget the secrets whose overlap has ended. They are not sent any more; this only drops what is sealed."""

from __future__ import annotations

import logging
from datetime import datetime

from django.utils import timezone

from governance.scope import tars_scope
from governance.tenancy import active_tenant_ids
from routing.connectors.actions import forget_over

log = logging.getLogger(__name__)


def forget(at_iso: str | None = None) -> int:
    """In every active tenant; returns how many versions. `at_iso` replaces the clock."""
    at = datetime.fromisoformat(at_iso) if at_iso else timezone.now()
    count = 0
    for tenant_id in active_tenant_ids():
        try:
            count += forget_over(scope=tars_scope(tenant_id), at=at)
        except Exception:
            log.exception("tenant %s: its secrets could not be forgotten", tenant_id)
    return count
