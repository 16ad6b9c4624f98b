"""Once an hour in the worker: files whose time is over go."""

from __future__ import annotations

import logging
from datetime import datetime

from django.utils import timezone

from governance.files import actions
from governance.tenancy import active_tenant_ids, in_tenant

log = logging.getLogger(__name__)


def drop_expired(at_iso: str | None = None) -> int:
    """Drop what expired in every active tenant; returns how many files. `at_iso` replaces the clock."""
    at = datetime.fromisoformat(at_iso) if at_iso else timezone.now()
    count = 0
    for tenant_id in active_tenant_ids():
        try:
            with in_tenant(tenant_id):
                count += actions.drop_expired(tenant_id=tenant_id, at=at)
        except Exception:
            log.exception("tenant %s: expired files could not be dropped", tenant_id)
    return count
