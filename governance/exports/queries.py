from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from governance.files.kinds import human_size
from governance.files.models import Purpose, StoredFile
from governance.jobs.models import Job, JobState
from governance.scope import Scope

MOST = 50


@dataclass(frozen=True, slots=True)
class Making:
    """An export that a job is making, or failed to."""

    job_id: UUID
    title: str
    by: str
    state: str
    done: int
    total: int | None
    error: str
    at: datetime

    @property
    def is_over(self) -> bool:
        return self.state in (JobState.DEAD, JobState.CANCELLED)


@dataclass(frozen=True, slots=True)
class Kept:
    """A file that is still there to fetch."""

    file_id: UUID
    name: str
    size: str
    digest: str
    at: datetime
    expires_at: datetime | None


def recent(*, scope: Scope, at: datetime) -> tuple[tuple[Making, ...], tuple[Kept, ...]]:
    """The tenant's exports under way (or failed), and those made in the last seven days, newest first."""
    jobs = (
        Job.objects.filter(tenant_id=scope.tenant_id, kind="export").exclude(state=JobState.DONE).order_by("-id")[:MOST]
    )
    files = StoredFile.objects.filter(tenant_id=scope.tenant_id, purpose=Purpose.EXPORT, expires_at__gt=at)
    making = tuple(
        Making(
            row.id,
            row.title,
            row.requested_by,
            row.state,
            row.progress_done,
            row.progress_total,
            row.error,
            row.created_at,
        )
        for row in jobs
    )
    kept = tuple(
        Kept(row.id, row.name, human_size(row.size), row.digest, row.at, row.expires_at)
        for row in files.defer("content").order_by("-id")[:MOST]
    )
    return making, kept
