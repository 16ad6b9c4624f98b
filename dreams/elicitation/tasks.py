"""What the worker does by the clock: once a week it asks every active system, as what later runs are compared with."""

from __future__ import annotations

import logging
from datetime import datetime
from typing import Final

from django.utils import timezone

from dreams.elicitation.actions import KEY
from dreams.elicitation.running import KIND
from governance.jobs import actions as jobs
from governance.registry.models import Status, System
from governance.rulebook.law_document import SYSTEM_NAME as LAW
from governance.scope import Scope, tars_scope
from governance.tenancy import active_tenant_ids, in_tenant

log = logging.getLogger(__name__)
MOST_SYSTEMS: Final = 1_000


def weekly(at_iso: str | None = None) -> int:
    """Called each day; one job for each tenant and week, whatever the day on which it is first seen. Returns how many tenants."""
    at = datetime.fromisoformat(at_iso) if at_iso else timezone.now()
    started = 0
    for tenant_id in active_tenant_ids():
        try:
            started += ask_all(scope=tars_scope(tenant_id), at=at)
        except Exception:
            log.exception("tenant %s: its systems could not be asked", tenant_id)
    return started


def ask_all(*, scope: Scope, at: datetime) -> bool:
    """One tenant's job of this week; False where it has no system to ask."""
    year, week, _ = at.isocalendar()
    with in_tenant(scope.tenant_id, durable=True):
        rows = System.objects.filter(tenant_id=scope.tenant_id, status=Status.ACTIVE).exclude(name=LAW)
        names = list(rows.order_by("name").values_list("name", flat=True)[:MOST_SYSTEMS])
        if names:
            jobs.start(
                scope=scope,
                kind=KIND,
                key=f"{KEY}week:{year}-{week:02}",
                title=f"Scenarios asked of every system, week {week}",
                payload={"systems": names},
                at=at,
            )
    return bool(names)
