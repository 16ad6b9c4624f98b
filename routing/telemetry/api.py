"""Tool calls over REST: read by people's programs, reported by agents."""

from __future__ import annotations

from dataclasses import replace
from typing import Any
from uuid import UUID

from rest_framework.request import Request
from rest_framework.response import Response

from governance.rest import Face, endpoint, paged, paging, unknown_cursor
from governance.web import now
from routing.figures.marks import Moving
from routing.figures.span import last_days
from routing.telemetry import actions, queries, records, shapes


class Calls(Face):
    @endpoint(gives=shapes.ToolCall, query=shapes.CallQuery, is_paged=True)
    def get(self, request: Request, asked: dict[str, Any]) -> Response:
        """Tool calls, newest first."""
        scope = self.reader(request)
        limit, after = paging(request)
        said: dict[str, Any] = {name: str(value) if isinstance(value, UUID) else value for name, value in asked.items()}
        filter = queries.CallFilter(**said)
        if not (filter.since or filter.until or filter.execution):
            filter = replace(filter, since=queries.range_of("", at=now())[0])
        found = queries.calls(scope=scope, filter=filter, before=_id(after), limit=limit)
        results = [records.call_record(call) for call in found.lines]
        return paged(request, results, next_after=str(found.older) if found.older else None)


class OneCall(Face):
    @endpoint(gives=shapes.ToolCall)
    def get(self, request: Request, call_id: UUID) -> Response:
        """One tool call."""
        return Response(records.call_record(queries.found_call(scope=self.reader(request), call_id=call_id)))


class Tools(Face):
    @endpoint(gives=shapes.Figures, query=shapes.ToolQuery, is_paged=True, problems=(Moving,))
    def get(self, request: Request, asked: dict[str, Any]) -> Response:
        """Figures of every tool that ran in the range, the one that fails most often first."""
        scope = self.reader(request)
        limit, after = paging(request)
        start = int(after) if after.isdecimal() and len(after) < 9 else 0
        if after and not start:
            raise unknown_cursor()
        since, until, _ = queries.range_of(asked["range"], at=now())
        if asked.get("days"):
            since = last_days(int(asked["days"]), at=until).starts_at
        found = queries.by_error_rate(queries.figures(scope=scope, since=since, until=until, is_exact=asked["exact"]))
        results = [records.figure_record(one) for one in found[start : start + limit]]
        return paged(request, results, next_after=str(start + limit) if len(found) > start + limit else None)


class Report(Face):
    @endpoint(gives=shapes.Reported, takes=shapes.Report)
    def post(self, request: Request, body: dict[str, Any]) -> Response:
        """Tell of tool calls that were made without TARS. Arguments are kept as digests unless the connector says otherwise."""
        found = actions.report(scope=self.scope(request), calls=actions.spans(body), at=now())
        return Response({"kept": len(found)})


def _id(text: str) -> UUID | None:
    try:
        return UUID(text) if text else None
    except ValueError:
        raise unknown_cursor() from None
