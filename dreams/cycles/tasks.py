"""What the worker does for nights: plan those whose window is near, note what was promoted, drop what is old. Twice without
harm."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from django.utils import timezone
from django_q.tasks import async_task

from dreams.cycles import forgetting, planning, promoting, stopping
from dreams.cycles.calendar import next_window
from dreams.cycles.models import DreamCycle
from dreams.cycles.settings import chosen
from dreams.guardrails.watching import is_waiting
from governance.errors import DomainError
from governance.registry.models import Status, System
from governance.scope import Scope, tars_scope
from governance.tenancy import active_tenant_ids, in_tenant
from routing.writing import choice as writer

log = logging.getLogger(__name__)
AHEAD: Final = timedelta(minutes=30)
"""How long before its window a night is planned."""
LEAST: Final = timedelta(minutes=30)
"""With less of the window left no night begins."""
MOST_SYSTEMS: Final = 50
WRITING: Final = 120.0
"""Seconds that a model may take for all nights of a tenant in one task; later ones are planned without it."""


def plan_all(at_iso: str | None = None) -> int:
    """Queue one task for every active tenant; returns how many. `at_iso` replaces the clock."""
    tenants = active_tenant_ids()
    for tenant_id in tenants:
        async_task("dreams.cycles.tasks.plan_one", str(tenant_id), at_iso, task_name=f"Plan the night of {tenant_id}")
    return len(tenants)


def plan_one(tenant_id: str, at_iso: str | None = None) -> int:
    """Plan a night for each system of a tenant that can dream and has none in this window; returns how many."""
    at = datetime.fromisoformat(at_iso) if at_iso else timezone.now()
    return plan_tenant(scope=tars_scope(UUID(tenant_id)), at=at)


def plan_tenant(*, scope: Scope, at: datetime) -> int:
    """The same for a scope. Where the past is still being written (a demo that fills), no night is planned from half of it."""
    if is_waiting(scope=scope):
        return 0
    with in_tenant(scope.tenant_id):
        choice = chosen(scope=scope)
        if not choice.is_on:
            return 0
        starts, ends = next_window(scope=scope, chosen=choice, at=at)
        if at < starts - AHEAD or ends - at < LEAST:
            return 0
        names = [one.name for one in _due(scope, starts) if choice.aim_of(one.id).is_on]
    planned, ends_writing = 0, time.monotonic() + WRITING
    for name in names:
        hours = max(1, round((ends - max(starts, at)) / timedelta(hours=1)))
        try:
            planning.plan(
                scope=scope,
                system_name=name,
                starts_at=max(starts, at),
                hours=hours,
                at=at,
                patience=min(writer.seconds(), ends_writing - time.monotonic()),
            )
            planned += 1
        except DomainError as refused:
            log.info("tenant %s: no night of %s: %s", scope.tenant_id, name, refused.sentence)
        except Exception:
            log.exception("tenant %s: the night of %s could not be planned", scope.tenant_id, name)
    return planned


def tidy() -> int:
    """Each minute: note what was promoted, end the nights that nobody works at; returns how many."""
    return sum(
        _each(lambda scope, at: promoting.mark_promoted(scope=scope, at=at) + stopping.sweep(scope=scope, at=at))
    )


def drop_old() -> int:
    """Each night: drop the answers of nights long ago; returns how many."""
    return sum(_each(lambda scope, at: forgetting.drop_old(scope=scope, at=at)))


def _each(work: Callable[[Scope, datetime], int]) -> Iterator[int]:
    for tenant_id in active_tenant_ids():
        try:
            yield work(tars_scope(tenant_id), timezone.now())
        except Exception:
            log.exception("tenant %s: its dreams could not be tidied", tenant_id)


def _due(scope: Scope, starts: datetime) -> list[System]:
    """Active systems that declare something tunable and have no night in this window."""
    known = DreamCycle.objects.filter(tenant_id=scope.tenant_id, starts_at__gte=starts).values("system_id")
    rows = System.objects.filter(tenant_id=scope.tenant_id, status=Status.ACTIVE, constitution__has_key="tunable")
    return list(rows.exclude(id__in=known).only("id", "name").order_by("name")[:MOST_SYSTEMS])
