"""Long work over REST. Other slices answer 202 with `accepted`."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from uuid import UUID

from django.urls import reverse
from rest_framework.request import Request
from rest_framework.response import Response

from governance.jobs import queries, shapes
from governance.jobs.errors import JobNotOver, JobOver, JobStays
from governance.jobs.models import Job
from governance.rest import Face, endpoint, paged, paging, unknown_cursor
from governance.scope import Scope
from governance.web import now, reading


def job_record(row: queries.Row) -> dict[str, Any]:
    """A job as the API shows it. The payload stays inside."""
    return {
        "id": str(row.id),
        "kind": row.kind,
        "title": row.title,
        "state": row.state,
        "attempt": row.attempt,
        "max_attempts": row.max_attempts,
        "progress": {"done": row.done, "total": row.total},
        "message": row.message,
        "error": row.error,
        "result": row.result,
        "requested_by": row.requested_by,
        "is_cancel_wanted": row.is_cancel_wanted,
        "created_at": row.created_at,
        "due_at": row.due_at,
        "started_at": row.started_at,
        "finished_at": row.finished_at,
    }


def accepted(*, scope: Scope, job: Job) -> Response:
    """202: the work goes on in the worker; `Location` is where to ask how it stands."""
    address = reverse("api-job", kwargs={"job_id": job.id})
    record = job_record(queries.row_of(scope=scope, job=job))
    return Response(record, status=202, headers={"Location": address})


class Jobs(Face):
    @endpoint(gives=shapes.Job, query=shapes.JobQuery, is_paged=True)
    def get(self, request: Request, asked: dict[str, Any]) -> Response:
        """Jobs, newest first. Without a desk only one's own."""
        scope = self.scope(request)
        limit, after = paging(request)
        rows = queries.filtered(scope=scope, filters=queries.Filters(**asked))
        if after:
            rows = rows.filter(id__lt=_id(after))
        found = list(rows[: limit + 1])
        results = [job_record(row) for row in queries.rows_of(scope=scope, jobs=found[:limit])]
        return paged(request, results, next_after=str(found[limit - 1].id) if len(found) > limit else None)


class OneJob(Face):
    @endpoint(gives=shapes.Job)
    def get(self, request: Request, job_id: UUID) -> Response:
        """How a job stands."""
        return Response(job_record(queries.found_job(scope=self.scope(request), job_id=job_id)))


class Act(Face):
    """`cancel` or `retry`; the route says which."""

    run: Callable[..., Any] | None = None

    @endpoint(gives=shapes.Job, problems=(JobOver, JobNotOver, JobStays))
    def post(self, request: Request, job_id: UUID) -> Response:
        assert self.run is not None
        scope = self.scope(request)
        self.run(scope=scope, job_id=job_id, at=now())
        with reading(request._request):
            return Response(job_record(queries.found_job(scope=scope, job_id=job_id)))


def _id(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError:
        raise unknown_cursor() from None
