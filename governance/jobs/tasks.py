"""What the worker calls: `run` for one job, `sweep` every minute for what nobody woke."""

from __future__ import annotations

import logging
from datetime import datetime, timedelta
from uuid import UUID

from django.db.models import Q
from django.utils import timezone

from governance.jobs.actions import send
from governance.jobs.attempts import LEASE, attempt
from governance.jobs.models import Job, JobState
from governance.tenancy import active_tenant_ids, in_tenant

log = logging.getLogger(__name__)
LOST_AFTER = timedelta(minutes=30)
"""A message that nobody took for so long is sent again; a second one does no harm."""
AT_ONCE = 200
"""Jobs that one sweep wakes per tenant."""


def run(job_id: str, tenant_id: str) -> str:
    """Try one job once; running it twice, or two at once, does no harm. Returns the job's state, or why nothing was done."""
    return attempt(tenant_id=UUID(tenant_id), job_id=UUID(job_id), clock=timezone.now)


def sweep(at_iso: str | None = None) -> int:
    """Wake due jobs without a message and jobs whose worker died, in every active tenant; returns how many.

    `at_iso` replaces the clock. A tenant that fails is logged and does not stop the others.
    """
    at = datetime.fromisoformat(at_iso) if at_iso else timezone.now()
    woken = 0
    for tenant_id in active_tenant_ids():
        try:
            woken += wake_due(tenant_id=tenant_id, at=at)
        except Exception:
            log.exception("tenant %s: its due jobs could not be woken", tenant_id)
    return woken


def wake_due(*, tenant_id: UUID, at: datetime) -> int:
    """Put one message into the queue for every job of the tenant that needs one; returns how many."""
    lost = Q(queued_at=None) | Q(queued_at__lte=at - LOST_AFTER)
    waits = Q(state=JobState.QUEUED, due_at__lte=at) & lost
    died = Q(state=JobState.RUNNING, lease_until__lte=at) & (Q(queued_at=None) | Q(queued_at__lte=at - LEASE))
    with in_tenant(tenant_id, durable=True):
        rows = Job.objects.select_for_update(skip_locked=True).filter(waits | died, tenant_id=tenant_id)
        jobs = list(rows.order_by("due_at", "id")[:AT_ONCE])
        for job in jobs:
            job.queued_at = at
            send(job)
        Job.objects.bulk_update(jobs, ["queued_at"])
    return len(jobs)
