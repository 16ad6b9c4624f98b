"""What the worker does for executions by the clock. Each task may run twice; a tenant's failure keeps no other waiting."""

from __future__ import annotations

import logging
from collections.abc import Callable

from django.utils import timezone

from governance.scope import tars_scope
from governance.tenancy import active_tenant_ids
from routing.executions.approving import expire_questions
from routing.executions.folding import fold
from routing.executions.sealing import seal_receipts
from routing.executions.stars import fold_all, fold_rated

log = logging.getLogger(__name__)


def seal() -> int:
    """Once a minute: anchor the receipts that are only signed."""
    return _everywhere(seal_receipts, "receipts could not be anchored")


def expire() -> int:
    """Once a minute: end what nobody approved in time."""
    return _everywhere(expire_questions, "unanswered requests could not be ended")


def fold_stars() -> int:
    """Every five minutes: systems that were rated lately take over the average of their stars."""
    return _everywhere(fold_rated, "stars could not be counted")


def fold_all_stars() -> int:
    """Once a night: every system does, whenever it was rated."""
    return _everywhere(fold_all, "stars could not be counted")


def fold_days() -> int:
    """Once a minute: what is anchored is added to its day."""
    return _everywhere(fold, "executions could not be added up")


def _everywhere(verb: Callable[..., int], failure: str) -> int:
    count = 0
    for tenant_id in active_tenant_ids():
        try:
            count += verb(scope=tars_scope(tenant_id), at=timezone.now())
        except Exception:
            log.exception("tenant %s: %s", tenant_id, failure)
    return count
