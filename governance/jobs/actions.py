from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from django_q.tasks import async_task

from governance.errors import NotFound
from governance.ids import new_id
from governance.jobs import handlers
from governance.jobs.errors import JobNotOver, JobOver, JobStays
from governance.jobs.models import Job, JobState
from governance.ledger.verbs import governed
from governance.scope import ActorKind, Capability, Scope

RUN = "governance.jobs.tasks.run"
TIMEOUT = 1500
"""Seconds an attempt may take; `retry` of the cluster is more than twice that (docs/decisions/0003)."""


def start(
    *,
    scope: Scope,
    kind: str,
    key: str,
    title: str,
    payload: Mapping[str, Any],
    at: datetime,
    due_at: datetime | None = None,
    max_attempts: int = 3,
) -> Job:
    """Queue work inside the caller's tenant transaction; a rollback takes it back. A job of that key is returned as it is.

    Work that is due later than `at` is woken by the sweep, within a minute of its time.
    """
    due_at = due_at or at
    job, made = Job.objects.get_or_create(
        tenant_id=scope.tenant_id,
        key=key,
        defaults={
            "id": new_id(at),
            "kind": kind,
            "title": title,
            "payload": dict(payload),
            "requested_by": scope.actor.name,
            "user_id": scope.actor.user_id if scope.actor.kind is ActorKind.PERSON else None,
            "created_at": at,
            "due_at": due_at,
            "queued_at": at if due_at <= at else None,
            "max_attempts": max_attempts,
        },
    )
    if made and due_at <= at:
        send(job)
    return job


def send(job: Job) -> None:
    """Put the job's ids into the queue. The broker is this database: the message appears with the commit and not before."""
    name = f"{job.kind}: {job.title}"[:100]
    async_task(RUN, str(job.id), str(job.tenant_id), task_name=name, timeout=TIMEOUT)


@governed("jobs.cancel", subject="job_id")
def cancel(*, scope: Scope, job_id: UUID, at: datetime) -> Job:
    """Stop a job: a waiting one at once, a running one at its next step. Raises `NotFound`, `NotAllowed`, `JobOver`,
    `JobStays`."""
    job = _locked(scope=scope, job_id=job_id, to="stop it")
    if not handlers.can_stop(job.kind):
        raise JobStays(f"{job.title} has to happen for the record, so nobody can stop it.")
    if job.state == JobState.RUNNING:
        job.is_cancel_wanted = True
    elif job.state == JobState.QUEUED:
        job.state, job.finished_at, job.message = JobState.CANCELLED, at, f"Cancelled by {scope.actor.name}."
    else:
        raise JobOver(f"{job.title} has ended already ({job.get_state_display().lower()}); there is nothing to stop.")
    job.save(update_fields=["is_cancel_wanted", "state", "finished_at", "message"])
    return job


@governed("jobs.retry", subject="job_id")
def retry(*, scope: Scope, job_id: UUID, at: datetime) -> Job:
    """Run a failed or cancelled job again, with all its attempts. Raises `NotFound`, `NotAllowed`, `JobNotOver`."""
    job = _locked(scope=scope, job_id=job_id, to="run it again")
    if job.state not in (JobState.DEAD, JobState.CANCELLED):
        word = job.get_state_display().lower()
        raise JobNotOver(f"{job.title} is {word}. Only a job that failed for good or was cancelled is run again.")
    job.state, job.attempt, job.is_cancel_wanted, job.message = JobState.QUEUED, 0, False, ""
    job.progress_done, job.progress_total = 0, None
    job.due_at, job.queued_at, job.finished_at, job.lease_until = at, at, None, None
    job.save()
    send(job)
    return job


def take_away(*, job: Job) -> None:
    """Keep what somebody took away from a job's question and from what it found, inside the caller's transaction."""
    Job.objects.filter(tenant_id=job.tenant_id, id=job.id).update(payload=job.payload, result=job.result)


def is_own(*, scope: Scope, job: Job) -> bool:
    """Whether the scope's actor asked for the job. A system has no user id of its own there and is known by its name."""
    if scope.actor.kind is ActorKind.PERSON:
        return job.user_id == scope.actor.user_id
    return job.user_id is None and job.requested_by == scope.actor.name


def _locked(*, scope: Scope, job_id: UUID, to: str) -> Job:
    job = Job.objects.select_for_update().filter(tenant_id=scope.tenant_id, id=job_id).first()
    if job is None or not (is_own(scope=scope, job=job) or scope.can(Capability.READ_RECORD)):
        raise NotFound("There is no such job. The list of jobs shows those there are.")
    if not is_own(scope=scope, job=job):
        scope.demand(Capability.MANAGE_PROGRAMS, to=f"act on a job of somebody else ({to})")
    return job
