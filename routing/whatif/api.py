"""REST over what would have happened (docs/api.md)."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from rest_framework.request import Request
from rest_framework.response import Response

from governance.amendments.errors import AttachedAlready, MergeConflict, WrongState
from governance.constitution.schema import InvalidConstitution
from governance.files.actions import BadFile, TooManyFiles
from governance.jobs.api import accepted
from governance.jobs.shapes import Job
from governance.rest import Face, endpoint, paged, paging, unknown_cursor
from governance.web import now, reading
from routing.whatif import actions, queries, shapes
from routing.whatif.asked import Added, Asked
from routing.whatif.attaching import OtherChange
from routing.whatif.changed import NothingRouted

_STARTING = (actions.BadQuestion, InvalidConstitution, NothingRouted)
_ATTACHING = (queries.NotReplayed, OtherChange, AttachedAlready, MergeConflict, WrongState, BadFile, TooManyFiles)


class WhatIfs(Face):
    @endpoint(gives=shapes.Line, is_paged=True)
    def get(self, request: Request) -> Response:
        """Questions that were asked, newest first."""
        scope = self.reader(request)
        limit, after = paging(request)
        found = queries.recent(scope=scope, before=_uuid(after) if after else None, most=limit + 1)
        results = [_line(line) for line in found[:limit]]
        return paged(request, results, next_after=str(found[limit - 1].id) if len(found) > limit else None)

    @endpoint(gives=Job, status=202, takes=shapes.Question, problems=_STARTING)
    def post(self, request: Request, body: dict[str, Any]) -> Response:
        """Have the worker replay past days under a change. The job's id is the what-if's."""
        scope = self.scope(request)
        asked = Asked(
            days=body["days"],
            threshold=body["threshold"],
            off=tuple(map(str, body["off"])),
            added=tuple(Added(one["text"], one["system"]) for one in body["added"]),
            amendment=body["amendment"],
            constitution=body["constitution"],
        )
        job = actions.start(scope=scope, asked=asked, at=now())
        with reading(request._request):
            return accepted(scope=scope, job=job)


class OneWhatIf(Face):
    @endpoint(gives=shapes.WhatIf)
    def get(self, request: Request, job_id: UUID) -> Response:
        """A question and its result."""
        found = queries.found(scope=self.reader(request), job_id=job_id)
        job = found.job
        return Response(
            {
                "id": str(job.id),
                "state": job.state,
                "title": job.title,
                "error": job.error,
                "asked": found.asked,
                "created_at": job.created_at,
                "requested_by": job.requested_by,
                "digest": found.digest,
                "result": found.result,
            }
        )


class Attach(Face):
    @endpoint(gives=shapes.Attached, takes=shapes.Attach, problems=_ATTACHING)
    def post(self, request: Request, job_id: UUID, body: dict[str, Any]) -> Response:
        """Make the result evidence of one's own open amendment. Approvals given so far are void."""
        scope = self.scope(request)
        made = actions.attach(scope=scope, job_id=job_id, number=body["amendment"], at=now())
        with reading(request._request):
            digest = queries.found(scope=scope, job_id=job_id).digest
        return Response({"amendment": made.label, "revision": made.revision, "digest": digest})


def _line(line: queries.Line) -> dict[str, Any]:
    return {
        "id": str(line.id),
        "state": line.state,
        "title": line.title,
        "sentence": line.sentence,
        "created_at": line.at,
        "requested_by": line.by,
    }


def _uuid(after: Any) -> UUID:
    try:
        return UUID(str(after))
    except ValueError:
        raise unknown_cursor() from None
