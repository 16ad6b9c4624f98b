"""What the pages and the API show of long work, and of the queue that carries it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import Count, Q, QuerySet
from django_q.models import Failure, Schedule

from governance.errors import NotFound
from governance.jobs.actions import is_own
from governance.jobs.handlers import can_stop
from governance.jobs.models import Job, JobState
from governance.scope import ActorKind, Capability, Scope
from governance.scrub import scrubbed

ACTIVE = (JobState.QUEUED, JobState.RUNNING)
TONES = {
    JobState.QUEUED: ("", "◷"),
    JobState.RUNNING: ("accent", "▶"),
    JobState.DONE: ("tighten", "✓"),
    JobState.CANCELLED: ("", "–"),
    JobState.DEAD: ("bad", "✕"),
}
RECENT_FAILURES, SHOWN_FAILURES = 300, 50


@dataclass(frozen=True, slots=True)
class Filters:
    """What the list is narrowed to; an empty text narrows nothing. `state` is a state or `active`."""

    q: str = ""
    state: str = ""
    mine: bool = False

    @property
    def is_narrow(self) -> bool:
        return self != Filters()


@dataclass(frozen=True, slots=True)
class Row:
    """One job as people see it."""

    id: UUID
    kind: str
    title: str
    state: str
    state_label: str
    attempt: int
    max_attempts: int
    done: int
    total: int | None
    message: str
    error: str
    result: dict[str, Any]
    requested_by: str
    created_at: datetime
    due_at: datetime
    started_at: datetime | None
    finished_at: datetime | None
    is_cancel_wanted: bool
    can_act: bool

    @property
    def is_active(self) -> bool:
        return self.state in ACTIVE

    @property
    def is_again(self) -> bool:
        """Waits for another attempt after one that failed."""
        return self.state == JobState.QUEUED and self.attempt > 0

    @property
    def can_cancel(self) -> bool:
        return self.can_act and self.is_active and not self.is_cancel_wanted and can_stop(self.kind)

    @property
    def can_retry(self) -> bool:
        return self.can_act and self.state in (JobState.DEAD, JobState.CANCELLED)

    @property
    def tone(self) -> str:
        return TONES[JobState(self.state)][0]

    @property
    def mark(self) -> str:
        return TONES[JobState(self.state)][1]

    @property
    def link(self) -> str:
        """The path inside TARS of what the job made, or ""."""
        url = self.result.get("url", "")
        return url if isinstance(url, str) and url.startswith("/") and not url.startswith("//") else ""

    @property
    def link_label(self) -> str:
        return str(self.result.get("label") or "Open the result")


@dataclass(frozen=True, slots=True)
class FailedTask:
    """A task of the queue that failed, with the last line of its traceback."""

    name: str
    func: str
    at: datetime
    error: str


@dataclass(frozen=True, slots=True)
class Clock:
    """What TARS does by the clock, and when next."""

    name: str
    next_at: datetime | None


def visible(*, scope: Scope) -> QuerySet[Job]:
    """The tenant's jobs that the scope may see, newest first: everything with the record, otherwise one's own."""
    rows = Job.objects.filter(tenant_id=scope.tenant_id).order_by("-id")
    return rows if scope.can(Capability.READ_RECORD) else rows.filter(_own(scope))


def filtered(*, scope: Scope, filters: Filters) -> QuerySet[Job]:
    rows = visible(scope=scope)
    if filters.state:
        rows = rows.filter(state__in=ACTIVE if filters.state == "active" else [filters.state])
    if filters.mine:
        rows = rows.filter(_own(scope))
    if filters.q:
        rows = rows.filter(
            Q(title__icontains=filters.q) | Q(kind__icontains=filters.q) | Q(requested_by__icontains=filters.q)
        )
    return rows


def rows_of(*, scope: Scope, jobs: Iterable[Job]) -> list[Row]:
    return [row_of(scope=scope, job=job) for job in jobs]


def row_of(*, scope: Scope, job: Job) -> Row:
    return Row(
        id=job.id,
        kind=job.kind,
        title=job.title,
        state=job.state,
        state_label=JobState(job.state).label,
        attempt=job.attempt,
        max_attempts=job.max_attempts,
        done=job.progress_done,
        total=job.progress_total,
        message=job.message,
        error=job.error,
        result=job.result,
        requested_by=job.requested_by,
        created_at=job.created_at,
        due_at=job.due_at,
        started_at=job.started_at,
        finished_at=job.finished_at,
        is_cancel_wanted=job.is_cancel_wanted,
        can_act=is_own(scope=scope, job=job) or scope.can(Capability.MANAGE_PROGRAMS),
    )


def found_job(*, scope: Scope, job_id: UUID) -> Row:
    """Raises `NotFound`."""
    job = visible(scope=scope).filter(id=job_id).first()
    if job is None:
        raise NotFound("There is no such job. The list of jobs shows those there are.")
    return row_of(scope=scope, job=job)


def counts(*, scope: Scope) -> dict[str, int]:
    """How many jobs stand in each state, `active` and `all` included."""
    found = dict(visible(scope=scope).order_by().values_list("state").annotate(Count("id")))
    return {
        **{state: found.get(state, 0) for state in JobState.values},
        "active": sum(found.get(state, 0) for state in ACTIVE),
        "all": sum(found.values()),
    }


def failed_tasks(*, scope: Scope) -> list[FailedTask]:
    """The queue's failed tasks that name this tenant or no tenant at all, newest first. The queue itself has no wall."""
    scope.demand(Capability.MANAGE_PROGRAMS, to="see the worker's failed tasks")
    found = []
    for task in Failure.objects.order_by("-stopped")[:RECENT_FAILURES]:
        tenants = [one for one in task.args or () if _is_uuid(one)]
        if not tenants or str(scope.tenant_id) in tenants:
            lines = str(task.result or "").strip().splitlines()
            found.append(FailedTask(task.name, task.func, task.stopped, scrubbed(lines[-1]) if lines else ""))
    return found[:SHOWN_FAILURES]


def clocks() -> list[Clock]:
    """TARS's own schedules by their next run."""
    rows = Schedule.objects.filter(name__startswith="tars: ").order_by("next_run", "name")
    return [Clock(row.name.removeprefix("tars: "), row.next_run) for row in rows]


def _own(scope: Scope) -> Q:
    if scope.actor.kind is ActorKind.PERSON:
        return Q(user_id=scope.actor.user_id)
    return Q(user_id=None, requested_by=scope.actor.name)


def _is_uuid(value: object) -> bool:
    try:
        return isinstance(value, str) and bool(UUID(value))
    except ValueError:
        return False
