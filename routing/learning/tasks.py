"""Each night, one task a tenant: keyed by tenant and night, so that running it twice does it once."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any
from uuid import UUID

from django.utils import timezone
from django_q.tasks import async_task

from governance.scope import tars_scope
from governance.tenancy import active_tenant_ids
from routing.embeddings.choice import current
from routing.learning.night import learn


def learn_all(at_iso: str | None = None) -> int:
    """Queue this night for every active tenant; returns how many. `at_iso` replaces the clock."""
    at = datetime.fromisoformat(at_iso) if at_iso else timezone.now()
    tenants = active_tenant_ids()
    for tenant_id in tenants:
        night = at.date().isoformat()
        name = f"Learn of {tenant_id}, {night}"
        async_task("routing.learning.tasks.learn_one", str(tenant_id), night, task_name=name)
    return len(tenants)


def learn_one(tenant_id: str, night: str) -> dict[str, Any]:
    """One tenant's night; returns what it did."""
    scope = tars_scope(UUID(tenant_id))
    found = learn(scope=scope, model=current().model, night=date.fromisoformat(night), at=timezone.now())
    return found.as_json()
