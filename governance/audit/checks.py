"""Verifications that people ask for on a page: short ones at once, long ones in the worker; answers are kept for a day.

They are no evidence and stand in the cache, under the tenant's id, so that no other tenant can read one by its number.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

from django.core.cache import cache
from django_q.tasks import async_task

from governance.audit.queries import head, verified
from governance.audit.report import Report
from governance.scope import Scope, tars_scope
from governance.tenancy import in_tenant

AT_ONCE = 20_000
"""Entries up to which a verification runs inside the request; about ten seconds."""
KEPT = 24 * 3600
TIMEOUT = 1800
"""Seconds the worker may take; below django-q2's `retry`, or it would run twice."""


@dataclass(frozen=True, slots=True)
class Check:
    """One verification: still running while `report` is None."""

    job: UUID
    asked_at: datetime
    report: Report | None
    is_failed: bool = False

    @property
    def is_running(self) -> bool:
        return self.report is None and not self.is_failed


def begin(*, scope: Scope, at: datetime) -> Check:
    """Verify the scope's tenant now, or ask the worker to. Must run outside a transaction."""
    with in_tenant(scope.tenant_id):
        entries, _ = head(scope)
    job = uuid4()
    _keep(scope.tenant_id, job, at=at, report=None)
    if entries > AT_ONCE:
        name = f"Verify the ledger of {scope.tenant_id}"
        where = "governance.audit.tasks.verify"
        async_task(where, str(scope.tenant_id), str(job), at.isoformat(), task_name=name, timeout=TIMEOUT)
        return Check(job=job, asked_at=at, report=None)
    return run(tenant_id=scope.tenant_id, job=job, at=at)


def run(*, tenant_id: UUID, job: UUID, at: datetime) -> Check:
    """Verify and keep the answer. Running twice keeps the later answer."""
    try:
        report = verified(tars_scope(tenant_id))
    except Exception:
        _keep(tenant_id, job, at=at, report=None, is_failed=True)
        raise
    _keep(tenant_id, job, at=at, report=report)
    return Check(job=job, asked_at=at, report=report)


def find(*, scope: Scope, job: UUID | None = None) -> Check | None:
    """A verification of the scope's tenant, by default the last one asked for; None when it is forgotten."""
    if job is None:
        job = cache.get(_key(scope.tenant_id, "last"))
    kept = cache.get(_key(scope.tenant_id, job)) if job else None
    if kept is None or job is None:
        return None
    data: dict[str, Any] = json.loads(kept)
    report = Report.of_json(data["report"]) if data["report"] else None
    return Check(job=job, asked_at=datetime.fromisoformat(data["at"]), report=report, is_failed=data["failed"])


def _keep(tenant_id: UUID, job: UUID, *, at: datetime, report: Report | None, is_failed: bool = False) -> None:
    data = {"at": at.isoformat(), "failed": is_failed, "report": report.as_json() if report else None}
    cache.set(_key(tenant_id, job), json.dumps(data), KEPT)
    cache.set(_key(tenant_id, "last"), job, KEPT)


def _key(tenant_id: UUID, job: UUID | str) -> str:
    return f"ledger-verification:{tenant_id}:{job}"
