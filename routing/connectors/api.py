"""Connectors over REST. A secret goes in and never comes out."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from rest_framework.request import Request
from rest_framework.response import Response

from governance.jobs.api import accepted
from governance.jobs.shapes import Job
from governance.outbound import AddressRefused
from governance.rest import Face, endpoint, paged, paging
from governance.scope import Scope
from governance.web import now, reading
from routing.connectors import actions, queries, records, shapes


class Connectors(Face):
    @endpoint(gives=shapes.Connector, query=shapes.ConnectorQuery, is_paged=True)
    def get(self, request: Request, asked: dict[str, Any]) -> Response:
        """How systems are reached and whether they can be now, by the system's name."""
        scope = self.reader(request)
        limit, after = paging(request)
        text, state = asked.get("q", "").replace("\x00", ""), asked.get("state", "")
        found = queries.lines(scope=scope, at=now(), text=text, state=state, after=after)
        results = [records.line_record(line) for line in found[:limit]]
        return paged(request, results, next_after=found[limit - 1].system if len(found) > limit else None)


class OneConnector(Face):
    @endpoint(gives=shapes.WholeConnector)
    def get(self, request: Request, name: str) -> Response:
        """One connector: its limits, its breaker, its secrets by name and version, its tools."""
        scope = self.reader(request)
        return Response(records.whole_record(queries.whole(scope=scope, system_name=name, at=now())))

    @endpoint(gives=shapes.WholeConnector, takes=shapes.Wish, problems=(AddressRefused,))
    def put(self, request: Request, name: str, body: dict[str, Any]) -> Response:
        """Say how the system is reached. Pointing it elsewhere retires its approved tools and its secrets."""
        scope = self.scope(request)
        actions.configure(scope=scope, system_name=name, at=now(), **body)
        return _answered(request, scope, name)


class Look(Face):
    @endpoint(gives=Job, status=202)
    def post(self, request: Request, name: str) -> Response:
        """Have the worker ask the agent what it offers. New and changed tools wait for approval."""
        scope = self.scope(request)
        job = actions.look(scope=scope, system_name=name, at=now())
        return accepted(scope=scope, job=job)


class ApproveTools(Face):
    @endpoint(gives=shapes.WholeConnector, takes=shapes.Approval, problems=(actions.ToolsMoved,))
    def post(self, request: Request, name: str, body: dict[str, Any]) -> Response:
        """Let these definitions be called, each in place of the one of its name."""
        scope = self.scope(request)
        actions.approve_tools(scope=scope, system_name=name, digests=body["digests"], at=now())
        return _answered(request, scope, name)


class Disable(Face):
    @endpoint(gives=shapes.WholeConnector, takes=shapes.Reason, problems=(actions.AlreadySo,))
    def post(self, request: Request, name: str, body: dict[str, Any]) -> Response:
        """Call the system no more."""
        scope = self.scope(request)
        actions.disable(scope=scope, system_name=name, reason=body["reason"], at=now())
        return _answered(request, scope, name)


class Enable(Face):
    @endpoint(gives=shapes.WholeConnector, problems=(actions.AlreadySo,))
    def post(self, request: Request, name: str) -> Response:
        """Call the system again, its breaker closed."""
        scope = self.scope(request)
        actions.enable(scope=scope, system_name=name, at=now())
        return _answered(request, scope, name)


class SetSecret(Face):
    @endpoint(gives=shapes.WholeConnector, takes=shapes.NewSecret)
    def post(self, request: Request, name: str, body: dict[str, Any]) -> Response:
        """Seal the next version of a secret. The former one is kept for the overlap."""
        scope, overlap = self.scope(request), timedelta(hours=body.pop("overlap_hours"))
        secret = body.pop("value")
        actions.set_secret(scope=scope, system_name=name, value=secret, name=body["name"], overlap=overlap, at=now())
        return _answered(request, scope, name)


class RetireSecret(Face):
    @endpoint(gives=shapes.WholeConnector, takes=shapes.OldSecret, problems=(actions.AlreadySo,))
    def post(self, request: Request, name: str, body: dict[str, Any]) -> Response:
        """Forget one version of a secret now."""
        scope = self.scope(request)
        actions.retire_secret(scope=scope, system_name=name, name=body["name"], version=body["version"], at=now())
        return _answered(request, scope, name)


def _answered(request: Request, scope: Scope, name: str) -> Response:
    with reading(request._request):
        return Response(records.whole_record(queries.whole(scope=scope, system_name=name, at=now())))
