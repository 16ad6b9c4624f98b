"""One attempt of a job: claim it, let its handler work outside any transaction, keep what came of it.

INVARIANTS: the lease says who has the job when the other side is gone; the advisory lock of the worker's connection says that
the other side is still there, so that a silent attempt and its successor never work at once. What an attempt keeps is
fenced by its number: one that lost its lease keeps nothing.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import connection
from django.db.models import Q

from governance.errors import DomainError
from governance.jobs import handlers
from governance.jobs.models import Job, JobState
from governance.locks import alone
from governance.scope import tars_scope
from governance.scrub import scrubbed
from governance.tenancy import in_tenant

log = logging.getLogger(__name__)
Clock = Callable[[], datetime]
LEASE = timedelta(minutes=5)
FIRST_WAIT, MOST_WAIT = timedelta(seconds=10), timedelta(hours=1)
RESULT_MOST = 64 * 1024


def wait_after(attempt: int) -> timedelta:
    """How long the next try waits after `attempt` failed: 10 s, 1 min, 6 min, 36 min, then an hour."""
    wait: timedelta = FIRST_WAIT * 6 ** min(attempt - 1, 10)
    return min(wait, MOST_WAIT)


def attempt(*, tenant_id: UUID, job_id: UUID, clock: Clock) -> str:
    """Try the job once, if it is due and nobody has it; returns its state afterwards, or why there was nothing to do."""
    with alone(job_id) as is_alone:
        if not is_alone:
            return "somebody has it"
        job = _claim(tenant_id=tenant_id, job_id=job_id, at=clock())
        if job is None:
            return "nothing to do"
        if job.state != JobState.RUNNING:
            return job.state
        return _worked(job, clock=clock)


def _worked(job: Job, *, clock: Clock) -> str:
    handler = handlers.handler_of(job.kind)
    if handler is None:
        return _failed(job, f"Nothing here runs jobs of the kind {job.kind}.", at=clock(), is_final=True)
    run = handlers.Run(
        job_id=job.id,
        scope=tars_scope(job.tenant_id),
        payload=job.payload,
        attempt=job.attempt,
        at=clock(),
        progress=_Progress(job, clock),
    )
    try:
        result = _kept(handler(run))
    except handlers.Cancelled:
        return _end(
            job, state=JobState.CANCELLED, at=clock(), message="Stopped as asked; what was done until then stays."
        )
    except handlers.Superseded:
        return "superseded"
    except handlers.GiveUp as given:
        return _failed(job, str(given), at=clock(), is_final=True)
    except DomainError as refusal:
        # A refusal is an answer: asking again gets the same one, unless a part of TARS was out of order.
        return _failed(job, refusal.sentence, at=clock(), is_final=refusal.status < 500)
    except Exception as error:
        log.exception("job %s of tenant %s: attempt %s failed", job.id, job.tenant_id, job.attempt)
        return _failed(job, _last_line(error), at=clock())
    return _end(job, state=JobState.DONE, at=clock(), result=result, error="")


@dataclass(frozen=True, slots=True)
class _Progress:
    """See `handlers.Progress`."""

    job: Job
    clock: Clock

    def __call__(self, done: int, total: int | None = None, message: str = "") -> None:
        values: dict[str, Any] = {"progress_done": done, "progress_total": total, "message": message[:500]}
        with in_tenant(self.job.tenant_id, durable=True):
            mine = _mine(self.job)
            if not mine.update(lease_until=self.clock() + LEASE, **values):
                raise handlers.Superseded
            if mine.filter(is_cancel_wanted=True).exists():
                raise handlers.Cancelled


def _mine(job: Job) -> Any:
    return Job.objects.filter(tenant_id=job.tenant_id, id=job.id, state=JobState.RUNNING, attempt=job.attempt)


def _claim(*, tenant_id: UUID, job_id: UUID, at: datetime) -> Job | None:
    """The job, running in a new attempt; or ended, when it has no attempt left; or None when it is not to be had."""
    due = Q(state=JobState.QUEUED, due_at__lte=at) | Q(state=JobState.RUNNING, lease_until__lte=at)
    with in_tenant(tenant_id, durable=True):
        rows = Job.objects.select_for_update(skip_locked=True).filter(due, tenant_id=tenant_id, id=job_id)
        job = rows.first()
        if job is None:
            return None
        if job.is_cancel_wanted:
            return _ended(job, state=JobState.CANCELLED, at=at, message="Stopped as asked.")
        if job.attempt >= job.max_attempts:
            sentence = "Its worker ended in the middle of the last attempt without saying why."
            return _ended(job, state=JobState.DEAD, at=at, error=sentence)
        job.attempt += 1
        job.state, job.lease_until = JobState.RUNNING, at + LEASE
        job.started_at, job.message = at, ""
        job.save(update_fields=["attempt", "state", "lease_until", "started_at", "message"])
        return job


def _failed(job: Job, sentence: str, *, at: datetime, is_final: bool = False) -> str:
    """Wait for the next attempt, or fail for good when there is none."""
    if is_final or job.attempt >= job.max_attempts:
        return _end(job, state=JobState.DEAD, at=at, error=sentence)
    with in_tenant(job.tenant_id, durable=True):
        wanted = {"state": JobState.QUEUED, "due_at": at + wait_after(job.attempt), "queued_at": None}
        if not _mine(job).update(error=sentence, lease_until=None, **wanted):
            return "superseded"
    return JobState.QUEUED


def _end(job: Job, *, state: JobState, at: datetime, **values: Any) -> str:
    with in_tenant(job.tenant_id, durable=True):
        current = _mine(job).select_for_update().first()
        if current is None:
            return "superseded"
        return _ended(current, state=state, at=at, **values).state


def _ended(job: Job, *, state: JobState, at: datetime, **values: Any) -> Job:
    """The locked job, ended, and everybody told who asked to be; inside the caller's transaction."""
    for name, value in {**values, "state": state, "finished_at": at, "lease_until": None}.items():
        setattr(job, name, value)
    if state == JobState.DONE and job.progress_total is not None:
        job.progress_done = job.progress_total
    job.save()
    for listener in handlers.listeners():
        listener(tars_scope(job.tenant_id), job, at)
    return job


def _kept(result: dict[str, Any]) -> dict[str, Any]:
    size = len(json.dumps(result))
    if size > RESULT_MOST:
        raise handlers.GiveUp(f"The result is {size:,} bytes; a job keeps up to {RESULT_MOST:,}. Store it as a file.")
    return result


def _last_line(error: Exception) -> str:
    """What went wrong in one line, as a traceback ends, without secrets."""
    text = f"{type(error).__name__}: {error}" if str(error) else type(error).__name__
    database = str(connection.settings_dict.get("PASSWORD", ""))
    mail = str(getattr(settings, "EMAIL_HOST_PASSWORD", ""))
    return scrubbed(text, secrets=[settings.SECRET_KEY, *settings.SEALING_KEYS, database, mail])
