"""Once an hour in the worker: forget the answers that were kept long enough."""

from __future__ import annotations

from datetime import datetime

from governance.idempotency.actions import purge
from governance.tenancy import active_tenant_ids
from governance.web import now


def forget(at_iso: str | None = None) -> int:
    """Purge every active tenant's expired keys; returns how many. `at_iso` replaces the clock."""
    at = datetime.fromisoformat(at_iso) if at_iso else now()
    return sum(purge(tenant_id=tenant_id, at=at) for tenant_id in active_tenant_ids())
