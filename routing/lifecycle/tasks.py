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
BATCHES: Final = 10
"""Batches of each move to a colder state in a task. HAZARD: the worker stops a task after five minutes, and what is old may be
millions; so a night goes in steps."""
FILES: Final = 20
"""Archive files that a task writes."""
NIGHT_STEPS: Final = 40
"""Such tasks of a night for one tenant at most; the next night goes on."""
NIGHT: Final = "routing.lifecycle.tasks.put_away"
STEP: Final = 20
"""Archive files that a task reads back, one after another."""
STEPS: Final = 200
"""Such tasks of a night for one tenant at most; the next night goes on with what was not reached for longest."""
CHECK: Final = "routing.lifecycle.tasks.check_some"


def fold() -> int:
    """Every five minutes: count who opened what."""
    return _everywhere(noting.fold, "openings could not be counted")


def night() -> int:
    """Once a night: put away what is old, one tenant's task after another; returns how many tenants."""
    tenants = active_tenant_ids()
    for tenant_id in tenants:
        async_task(NIGHT, str(tenant_id), task_name=f"Put away what is old of {tenant_id}")
    return len(tenants)


def put_away(tenant_id: str, steps: int = NIGHT_STEPS) -> int:
    """A part of a tenant's night: what nobody used gets colder, what nobody used for a year goes into a file. Wakes the next
    part while there is more; the last drops stray files. Returns how many rows moved and files were written."""
    scope, at = tars_scope(UUID(tenant_id)), timezone.now()
    noting.fold(scope=scope, at=at)
    aged, files = ageing.age(scope=scope, at=at, most=BATCHES), 0
    while files < FILES and moving.archive(scope=scope, at=at) is not None:
        files += 1
    is_more = files == FILES or max(aged.warm, aged.cold) >= BATCHES * ageing.BATCH
    if is_more and steps > 1:
        async_task(NIGHT, tenant_id, steps - 1, task_name=f"Put away what is old of {tenant_id}")
    else:
        _sweep(scope, at=at)
    return aged.warm + aged.cold + aged.systems + files


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


def _sweep(scope: Scope, *, at: datetime) -> None:
    with in_tenant(scope.tenant_id):
        rows = Archive.objects.filter(tenant_id=scope.tenant_id, destroyed_at=None)
        named = frozenset(rows.values_list("name", flat=True))
    moving.sweep(scope=scope, at=at, named=named)


def _everywhere(verb: Callable[..., Any], failure: str) -> int:
    count = 0
    for tenant_id in active_tenant_ids():
        try:
            count += verb(scope=tars_scope(tenant_id), at=timezone.now())
        except Exception:
            log.exception("tenant %s: %s", tenant_id, failure)
    return count
