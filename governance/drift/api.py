"""REST over drift states (docs/api.md)."""

from __future__ import annotations

from typing import Any

from rest_framework.request import Request
from rest_framework.response import Response

from governance.drift import actions, queries, shapes
from governance.registry.queries import system as system_called
from governance.registry.records import utc
from governance.rest import Face, endpoint
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


def _record(scope: Scope, name: str) -> dict[str, Any]:
    system = system_called(scope=scope, name=name)
    found = queries.standing(scope=scope, system=system)
    return {
        "system": system.name,
        "state": found.state,
        "since": utc(found.since),
        "reason": found.reason,
        "changed_by": found.changed_by,
    }
