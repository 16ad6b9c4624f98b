"""Executions over REST: hand work in, follow it, answer for it, say how good it was (docs/api.md)."""

from __future__ import annotations

import json
from hashlib import sha256
from typing import Any
from uuid import UUID

from rest_framework.request import Request
from rest_framework.response import Response

from governance.rest import Face, endpoint, paged, paging, tagged, unknown_cursor
from governance.scope import Scope
from governance.web import now, reading
from routing.executions import actions, beside, queries, records, shapes
from routing.executions.answerable import waiting_ids
from routing.executions.asked import TooDeep
from routing.executions.preview import preview
from routing.executions.queries import Filter

_TAKING_ON = (actions.KeyTaken, actions.NotWorking, actions.GoesInCircles, TooDeep)
_NAMES = {"q": "text"}


class Executions(Face):
    @endpoint(gives=shapes.Line, query=shapes.ExecutionQuery, is_paged=True)
    def get(self, request: Request, asked: dict[str, Any]) -> Response:
        """Requests, newest first, under way and done. Whoever does not read the record sees what they asked for."""
        scope, (limit, after) = self.scope(request), paging(request)
        among = waiting_ids(scope, at=now()) if asked.pop("waiting") else None
        filter = Filter(among=among, **{_NAMES.get(name, name): value for name, value in asked.items()})
        rows = queries.executions(scope=scope, filter=filter)
        found = list((rows.filter(id__lt=_id(after)) if after else rows)[: limit + 1])
        results = [records.line_record(line) for line in queries.lines_of(found[:limit])]
        return paged(request, results, next_after=str(found[limit - 1].id) if len(found) > limit else None)

    @endpoint(gives=shapes.Taken, status=202, takes=shapes.NewRequest, problems=_TAKING_ON)
    def post(self, request: Request, body: dict[str, Any]) -> Response:
        """Hand in work: it gets an id at once and is followed there. The same key and body again give the same id.

        A system hands a part of what it is at work on on with `parent_id` and its own token.
        """
        key = body.pop("key") or request.headers.get("Idempotency-Key", "")
        made = actions.handle(scope=self.scope(request), key=key, at=now(), **body)
        record = records.taken_record(made.id, made.stage)
        return Response(record, status=202, headers={"Location": record["follow"]})


class OneExecution(Face):
    @endpoint(gives=shapes.Execution, is_tagged=True)
    def get(self, request: Request, execution_id: UUID) -> Response:
        """Where one request stands, with every step, and what came of it."""
        scope = self.scope(request)
        record = _record(scope, execution_id)
        beside.opened(scope=scope, id=execution_id, at=now())
        return tagged(request, record, digest=_tag(record))


class Steps(Face):
    @endpoint(gives=shapes.Steps, query=shapes.StepQuery, is_tagged=True)
    def get(self, request: Request, execution_id: UUID, asked: dict[str, Any]) -> Response:
        """What happened since: small enough to be asked for often."""
        story = queries.story(scope=self.scope(request), id=execution_id)
        record = records.steps_record(story, after=asked["after"])
        return tagged(request, record, digest=_tag(record))


class Hops(Face):
    @endpoint(gives=shapes.Hop, is_paged=True)
    def get(self, request: Request, execution_id: UUID) -> Response:
        """What was handed on of one request, the oldest first."""
        limit, after = paging(request)
        rows = queries.hops(scope=self.scope(request), id=execution_id)
        found = list((rows.filter(id__gt=_id(after)) if after else rows)[: limit + 1])
        results = [records.line_record(line) for line in queries.lines_of(found[:limit])]
        return paged(request, results, next_after=str(found[limit - 1].id) if len(found) > limit else None)


class Receipt(Face):
    @endpoint(gives=shapes.Receipt)
    def get(self, request: Request, execution_id: UUID) -> Response:
        """The signed receipt with its way to the ledger, as `tars ledger verify --receipt` reads it."""
        return Response(queries.receipt(scope=self.scope(request), id=execution_id).as_json())


def answered(request: Request, face: Face, id: UUID) -> Response:
    """The execution as it is now, after a verb."""
    with reading(request._request):
        return Response(_record(face.scope(request), id))


def _record(scope: Scope, id: UUID) -> dict[str, Any]:
    whole = queries.execution(scope=scope, id=id)
    return records.whole_record(whole, preview(scope=scope, id=id, at=now()) if whole.question_id else None)


def _tag(record: dict[str, Any]) -> str:
    """Of JSON as it is sent: an answer may be nested deeper than what is hashed canonically."""
    return sha256(json.dumps(record).encode()).hexdigest()


def _id(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError:
        raise unknown_cursor() from None
