"""What the worker does for tool calls by the clock. Each task may run twice; a tenant's failure keeps no other waiting."""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import datetime

from django.utils import timezone

from governance.scope import tars_scope
from governance.tenancy import active_tenant_ids
from routing.telemetry import folding
from routing.telemetry.alerts import alert

log = logging.getLogger(__name__)


def watch(at_iso: str | None = None) -> int:
    """Every five minutes: tell of tools that fail too often, in the last hour of every active tenant; twice tells once.

    Returns how many tools are alarming. `at_iso` replaces the clock.
    """
    at = datetime.fromisoformat(at_iso) if at_iso else timezone.now()
    alarming = 0
    for tenant_id in active_tenant_ids():
        try:
            alarming += alert(tenant_id=tenant_id, at=at)
        except Exception:
            log.exception("tenant %s: its tools could not be looked over", tenant_id)
    return alarming


def fold_days() -> int:
    """Once a minute: calls are added to their day."""
    return _everywhere(folding.fold)


def check_days() -> int:
    """Once a night: the last days are compared with their calls; returns how many differed."""
    return _everywhere(lambda **known: len(folding.check(**known)))


def _everywhere(verb: Callable[..., int]) -> int:
    count = 0
    for tenant_id in active_tenant_ids():
        try:
            count += verb(scope=tars_scope(tenant_id), at=timezone.now())
        except Exception:
            log.exception("tenant %s: its tool calls could not be added up", tenant_id)
    return count
