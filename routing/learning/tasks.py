"""Each night, one task a tenant: keyed by tenant and night, so that running it twice does it once."""

from __future__ import annotations

import logging
from datetime import date, datetime
from typing import Any, Final
from uuid import UUID

from django.utils import timezone
from django_q.tasks import async_task

from governance.scope import tars_scope
from governance.tenancy import active_tenant_ids
from routing.learning import reembedding
from routing.learning.night import learn
from routing.router.serving import embedder_of

log = logging.getLogger(__name__)
A_MINUTE: Final = 500
"""Executions of a tenant that one run embeds again."""


def learn_all(at_iso: str | None = None) -> int:
    """Queue this night for every active tenant; returns how many. `at_iso` replaces the clock."""
    at = datetime.fromisoformat(at_iso) if at_iso else timezone.now()
    tenants = active_tenant_ids()
    for tenant_id in tenants:
        night = at.date().isoformat()
        name = f"Learn of {tenant_id}, {night}"
        async_task("routing.learning.tasks.learn_one", str(tenant_id), night, task_name=name)
    return len(tenants)


def reembed() -> int:
    """Each minute: a few of the executions, and the proposals, that have vectors of a former model get new ones."""
    done = 0
    for tenant_id in active_tenant_ids():
        try:
            done += reembedding.advance(scope=tars_scope(tenant_id), most=A_MINUTE, at=timezone.now())
        except Exception:
            log.exception("tenant %s: its executions could not be embedded again", tenant_id)
    return done


def learn_one(tenant_id: str, night: str) -> dict[str, Any]:
    """One tenant's night; returns what it did."""
    scope = tars_scope(UUID(tenant_id))
    model = embedder_of(tenant_id=scope.tenant_id).model
    found = learn(scope=scope, model=model, night=date.fromisoformat(night), at=timezone.now())
    return found.as_json()
