"""What the worker does for ageing by the clock. Each task may run twice; a tenant's failure keeps no other waiting."""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from django.utils import timezone
from django_q.tasks import async_task

from governance.scope import Scope, tars_scope
from governance.tenancy import active_tenant_ids, in_tenant
from routing.lifecycle import ageing, checking, moving, noting
from routing.lifecycle.models import Archive

log = logging.getLogger(__name__)
FILES: Final = 100
"""Archive files that a night writes for one tenant at most; the next night goes on."""
STEP: Final = 20
"""Archive files that a task reads back, one after another."""
STEPS: Final = 200
"""Such tasks of a night for one tenant at most; the next night goes on with what was not reached for longest."""
CHECK: Final = "routing.lifecycle.tasks.check_some"


def fold() -> int:
    """Every five minutes: count who opened what."""
    return _everywhere(noting.fold, "openings could not be counted")


def night() -> int:
    """Once a night: what nobody used gets colder, what nobody used for a year goes into a file, stray files go."""
    return _everywhere(_night, "what is old could not be put away")


def check_files() -> int:
    """Once a night: read every archive file back, one tenant's task after another; returns how many tenants."""
    tenants, since = active_tenant_ids(), timezone.now().isoformat()
    for tenant_id in tenants:
        async_task(CHECK, str(tenant_id), since, task_name=f"Check the archive files of {tenant_id}")
    return len(tenants)


def check_some(tenant_id: str, since: str, steps: int = STEPS) -> int:
    """Read some files of a tenant back, and wake the next step while there are more; returns how many."""
    scope, began = tars_scope(UUID(tenant_id)), datetime.fromisoformat(since)
    count = checking.check_oldest(scope=scope, since=began, at=timezone.now(), most=STEP)
    if count == STEP and steps > 1:
        async_task(CHECK, tenant_id, since, steps - 1, task_name=f"Check the archive files of {tenant_id}")
    return count


def _night(*, scope: Scope, at: datetime) -> int:
    noting.fold(scope=scope, at=at)
    aged = ageing.age(scope=scope, at=at)
    files = 0
    while files < FILES and moving.archive(scope=scope, at=at) is not None:
        files += 1
    with in_tenant(scope.tenant_id):
        rows = Archive.objects.filter(tenant_id=scope.tenant_id, destroyed_at=None)
        named = frozenset(rows.values_list("name", flat=True))
    moving.sweep(scope=scope, at=at, named=named)
    return aged.warm + aged.cold + aged.systems + files


def _everywhere(verb: Callable[..., Any], failure: str) -> int:
    count = 0
    for tenant_id in active_tenant_ids():
        try:
            count += verb(scope=tars_scope(tenant_id), at=timezone.now())
        except Exception:
            log.exception("tenant %s: %s", tenant_id, failure)
    return count
