"""Who asked for long work is told when it has ended."""

from __future__ import annotations

from datetime import datetime, timedelta

from governance.jobs import handlers
from governance.jobs.models import Job, JobState
from governance.notices import kinds
from governance.notices.actions import tell
from governance.scope import Scope

LONG = timedelta(seconds=20)
"""Whoever waits for less is still looking at the page."""


def tell_of_end(scope: Scope, job: Job, at: datetime) -> None:
    """Tell the person who asked of a job that failed for good, or that took long; inside the transaction that ends it."""
    is_dead = job.state == JobState.DEAD
    if job.user_id is None or job.state == JobState.CANCELLED or not (is_dead or at - job.created_at >= LONG):
        return
    sentence = f"{job.title} failed for good: {job.error}" if is_dead else f"{job.title} is done."
    tell(
        scope=scope,
        user_ids=[job.user_id],
        kind="job",
        key=f"job:{job.id}:{job.state}:{at.isoformat()}",
        subject=job.title,
        sentence=sentence,
        url=f"/jobs/{job.id}/",
        at=at,
        is_urgent=is_dead,
    )


def register() -> None:
    kinds.register("job", "Jobs you asked for")
    handlers.on_end(tell_of_end)
