"""REST over drift states (docs/api.md)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict
from typing import Any

from rest_framework.request import Request
from rest_framework.response import Response

from governance.drift import actions, queries, shapes
from governance.drift.machine import Standing, State, ahead
from governance.drift.moving import standing_of
from governance.registry.queries import system as system_called
from governance.registry.records import utc
from governance.rest import Face, endpoint, paged, paging
from governance.scope import Scope
from governance.tenants.actions import ReasonMissing
from governance.web import now, reading


class Drift(Face):
    @endpoint(gives=shapes.Standing)
    def get(self, request: Request, name: str) -> Response:
        """The drift state of a system; one that was never moved is NORMAL."""
        return Response(_record(self.reader(request), name))

    @endpoint(
        gives=shapes.Standing,
        takes=shapes.NewState,
        problems=(actions.SameState, actions.NoSuchState, actions.LooserByHand, ReasonMissing),
    )
    def post(self, request: Request, name: str, body: dict[str, Any]) -> Response:
        """Put a system into a drift state by hand."""
        scope = self.scope(request)
        actions.set_state(scope=scope, system_name=name, state=body["state"], reason=body["reason"], at=now())
        with reading(request._request):
            return Response(_record(scope, name))


class Systems(Face):
    @endpoint(gives=shapes.Line, query=shapes.DriftQuery, is_paged=True)
    def get(self, request: Request, asked: dict[str, Any]) -> Response:
        """Where every system stands, by name; `state` narrows it."""
        scope = self.reader(request)
        limit, after = paging(request)
        found = queries.lines(scope=scope, state=asked.get("state", ""), after=after, most=limit + 1)
        results = [{**asdict(one), "since": utc(one.since)} for one in found[:limit]]
        return paged(request, results, next_after=found[limit - 1].system if len(found) > limit else None)


class Measured(Face):
    @endpoint(gives=shapes.Measured)
    def get(self, request: Request, name: str) -> Response:
        """What is measured of a system: each metric, and the latest looks."""
        scope = self.reader(request)
        system = system_called(scope=scope, name=name)
        metrics = [_measure(one) for one in queries.measures(scope=scope, system=system)]
        looks = [
            {"at": utc(one.at), "score": one.score, "metric": one.metric, "detector": one.detector, "state": one.state}
            for one in queries.scores(scope=scope, system=system)
        ]
        return Response({"metrics": metrics, "scores": looks})


class Acknowledge(Face):
    @endpoint(
        gives=shapes.Standing,
        takes=shapes.Reason,
        problems=(actions.WrongState, actions.NotValid, ReasonMissing),
    )
    def post(self, request: Request, name: str, body: dict[str, Any]) -> Response:
        """Acknowledge a hold: the constitution is validated again, and the system goes into RECOVERY."""
        return _moved(self, request, name, actions.acknowledge, body)


class Validate(Face):
    @endpoint(
        gives=shapes.Standing,
        takes=shapes.Run,
        problems=(
            actions.WrongState,
            actions.TooFewScenarios,
            actions.StaleRun,
            actions.SecondPerson,
            ReasonMissing,
        ),
    )
    def post(self, request: Request, name: str, body: dict[str, Any]) -> Response:
        """Name a run of the canonical scenarios: one that passed makes the system NORMAL, another DEGRADED."""
        return _moved(self, request, name, actions.validate, body)


class Override(Face):
    @endpoint(
        gives=shapes.Standing,
        takes=shapes.Reason,
        problems=(actions.WrongState, actions.NoAmendment, actions.NotValid, ReasonMissing),
    )
    def post(self, request: Request, name: str, body: dict[str, Any]) -> Response:
        """Take a system out of DEGRADED, after an amendment was applied since."""
        return _moved(self, request, name, actions.override, body)


class Rearm(Face):
    @endpoint(gives=shapes.Armed, takes=shapes.Which, problems=(actions.NoSuchMetric, ReasonMissing))
    def post(self, request: Request, name: str, body: dict[str, Any]) -> Response:
        """Arm detectors again; they keep their baseline."""
        count = actions.rearm(scope=self.scope(request), system_name=name, at=now(), **body)
        return Response({"metrics": count})


class ResetBaseline(Face):
    @endpoint(gives=shapes.Armed, takes=shapes.Which, problems=(actions.NoSuchMetric, ReasonMissing))
    def post(self, request: Request, name: str, body: dict[str, Any]) -> Response:
        """Take what comes from now on as the baseline."""
        count = actions.reset_baseline(scope=self.scope(request), system_name=name, at=now(), **body)
        return Response({"metrics": count})


def _moved(face: Face, request: Request, name: str, verb: Callable[..., Any], body: dict[str, Any]) -> Response:
    scope = face.scope(request)
    verb(scope=scope, system_name=name, at=now(), **body)
    with reading(request._request):
        return Response(_record(scope, name))


def _measure(one: queries.Measure) -> dict[str, Any]:
    known = {name: getattr(one, name) for name in ("name", "detector", "score", "value", "limit", "n", "baseline")}
    times = {name: utc(getattr(one, name)) for name in ("baseline_since", "armed_at", "fired_at", "seen_at")}
    return {**known, **times}


def _record(scope: Scope, name: str) -> dict[str, Any]:
    system = system_called(scope=scope, name=name)
    row, found = queries.row_of(scope=scope, system=system), queries.standing(scope=scope, system=system)
    edges = ahead(standing_of(row)) if row else ahead(Standing(State.NORMAL, found.since))
    return {
        "system": system.name,
        "state": found.state,
        "since": utc(found.since),
        "reason": found.reason,
        "changed_by": found.changed_by,
        "cause": row.cause if row else "",
        "score": row.score if row else 0.0,
        "next": [{"cause": one.cause.value, "state": one.state.value, "at": utc(one.at)} for one in edges],
    }
