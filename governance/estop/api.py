"""REST over the e-stop (docs/api.md)."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.urls import reverse
from rest_framework.request import Request
from rest_framework.response import Response

from governance.estop import actions, queries, shapes
from governance.registry.records import utc
from governance.rest import Face, endpoint, paged, paging, unknown_cursor
from governance.tenants.actions import ReasonMissing
from governance.web import now, reading


class Stops(Face):
    @endpoint(gives=shapes.Stop, query=shapes.StopQuery, is_paged=True)
    def get(self, request: Request, asked: dict[str, Any]) -> Response:
        """Every press of the e-stop, newest first; `state` narrows it to those in force or those lifted."""
        scope = self.reader(request)
        limit, after = paging(request)
        state = asked.get("state", "")
        rows = queries.stops(scope=scope, is_in_force=state == "in_force" if state else None)
        if after:
            rows = rows.filter(id__lt=_id(after))
        found = queries.listed(rows[: limit + 1])
        results = [_record(stop) for stop in found[:limit]]
        return paged(request, results, next_after=str(found[limit - 1].id) if len(found) > limit else None)

    @endpoint(gives=shapes.Stop, status=201, takes=shapes.Press, problems=(actions.AlreadyStopped, ReasonMissing))
    def post(self, request: Request, body: dict[str, Any]) -> Response:
        """Stop one system, or everything, now. One person suffices."""
        scope = self.scope(request)
        made = actions.stop(scope=scope, system_name=body["system"], reason=body["reason"], at=now())
        with reading(request._request):
            record = _record(queries.stop_of(scope=scope, stop_id=made.id))
        return Response(record, status=201, headers={"Location": reverse("api-estop", args=[made.id])})


class OneStop(Face):
    @endpoint(gives=shapes.Stop)
    def get(self, request: Request, stop_id: UUID) -> Response:
        """One press of the e-stop."""
        return Response(_record(queries.stop_of(scope=self.reader(request), stop_id=stop_id)))


class Lift(Face):
    @endpoint(
        gives=shapes.Stop,
        takes=shapes.Lift,
        problems=(actions.AlreadyLifted, actions.SamePerson, ReasonMissing),
    )
    def post(self, request: Request, stop_id: UUID, body: dict[str, Any]) -> Response:
        """Let what was stopped run again. It takes another person than pressed."""
        scope = self.scope(request)
        actions.lift(scope=scope, stop_id=stop_id, reason=body["reason"], at=now())
        with reading(request._request):
            return Response(_record(queries.stop_of(scope=scope, stop_id=stop_id)))


def _record(stop: queries.Stop) -> dict[str, Any]:
    return {
        "id": str(stop.id),
        "system": stop.system or None,
        "is_in_force": stop.lifted_at is None,
        "reason": stop.reason,
        "stopped_at": utc(stop.stopped_at),
        "stopped_by": stop.stopped_by,
        "lifted_at": utc(stop.lifted_at),
        "lifted_by": stop.lifted_by,
        "lifted_because": stop.lifted_because,
    }


def _id(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError:
        raise unknown_cursor() from None
