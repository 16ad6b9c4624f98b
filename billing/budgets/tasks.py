"""What the worker does for budgets. Each task may run twice; a tenant's failure keeps no other tenant waiting."""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import datetime, timedelta
from uuid import UUID

from django.utils import timezone

from billing.budgets import actions
from billing.budgets.plans import wants_grant
from governance.scope import Scope, tars_scope
from governance.tenancy import active_tenant_ids, in_tenant
from governance.tenants.models import Tenant

log = logging.getLogger(__name__)
AHEAD = timedelta(hours=2)
"""A window is there before it begins, also when one wake-up fails."""


def make_windows() -> int:
    """Hourly: every active tenant's windows, of now and of soon; returns how many months of dollars were granted."""
    at = timezone.now()
    return sum(
        _made(tenant_id, at=at, within=within) for tenant_id in active_tenant_ids() for within in (at, at + AHEAD)
    )


def seal() -> int:
    """Once a minute: seal the movements that are only signed."""
    return _everywhere(actions.seal_due, "movements could not be sealed")


def sweep() -> int:
    """Once a minute: give back the holds of dead work."""
    return _everywhere(actions.expire_due, "holds could not expire")


def alert() -> int:
    """Once a minute: tell of budgets near their limit."""
    return _everywhere(actions.check_alerts, "budgets could not be looked at")


def measure() -> int:
    """Hourly: measure what each tenant keeps; returns how many were measured."""
    return _everywhere(lambda **at: bool(actions.measure_storage(**at)), "storage could not be measured")


def expire_top_ups() -> int:
    """Every quarter of an hour: close the wishes whose window is over."""
    return _everywhere(actions.expire_top_ups, "top-ups could not expire")


def _made(tenant_id: UUID, *, at: datetime, within: datetime) -> int:
    scope, is_new = tars_scope(tenant_id), False
    with in_tenant(tenant_id):
        total = Tenant.objects.get(id=tenant_id).max_monthly_budget
        wants = wants_grant(tenant_id=tenant_id)
    try:
        if wants:
            is_new = actions.grant_monthly(scope=scope, total=total, at=at, within=within)[1]
        actions.make_windows(scope=scope, within=within, at=at)
    except Exception:
        log.exception("tenant %s: windows could not be made", tenant_id)
    return is_new


def _everywhere(verb: Callable[..., int], failure: str) -> int:
    at, count = timezone.now(), 0
    for tenant_id in active_tenant_ids():
        scope: Scope = tars_scope(tenant_id)
        try:
            count += verb(scope=scope, at=at)
        except Exception:
            log.exception("tenant %s: %s", tenant_id, failure)
    return count
