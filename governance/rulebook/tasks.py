"""What the worker does for the rulebook."""

from __future__ import annotations

import logging
from datetime import datetime

from django.utils import timezone

from governance.rulebook.actions.sealing import seal_due
from governance.scope import tars_scope
from governance.tenancy import active_tenant_ids

log = logging.getLogger(__name__)


def seal(at_iso: str | None = None) -> int:
    """Once a minute: seal every active tenant's permits; returns how many. `at_iso` replaces the clock."""
    at = datetime.fromisoformat(at_iso) if at_iso else timezone.now()
    count = 0
    for tenant_id in active_tenant_ids():
        try:
            count += seal_due(scope=tars_scope(tenant_id), at=at)
        except Exception:
            log.exception("tenant %s: verdicts could not be sealed", tenant_id)
    return count
