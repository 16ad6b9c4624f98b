from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django_q.tasks import async_task

from governance.ids import new_id
from governance.jobs.models import Job
from governance.scope import ActorKind, Scope

RUN = "governance.jobs.tasks.run"


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
    """Queue work inside the caller's tenant transaction; a rollback takes it back. A job of that key is returned as it is."""
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
            "due_at": due_at or at,
            "max_attempts": max_attempts,
        },
    )
    if made and job.due_at <= at:
        # The broker is this database: the task appears with the commit and not before.
        async_task(RUN, str(job.id), str(scope.tenant_id), task_name=f"{kind}: {title}"[:100])
    return job
