"""What is done with one execution over REST: answers, calling it off, stars, disputes."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from rest_framework.request import Request
from rest_framework.response import Response

from governance.approvals.actions import AlreadyDecided, Moved, NoteMissing, OwnProposal
from governance.identity.confirm import NotConfirmed, confirm_in_body
from governance.rest import Face, endpoint
from governance.scope import Capability, Scope, tars_scope
from governance.web import now, reading
from routing.executions import afterwards, approving, correcting, queries, shapes
from routing.executions.api import answered

_ANSWERING = (AlreadyDecided, Moved, OwnProposal, NoteMissing, NotConfirmed, approving.NotWaiting)


class Approve(Face):
    @endpoint(gives=shapes.Execution, takes=shapes.Decision, problems=_ANSWERING)
    def post(self, request: Request, execution_id: UUID, body: dict[str, Any]) -> Response:
        """Say yes to the call that `digest` names: it is made, once."""
        said = _answer(request, seen(self, request, execution_id), execution_id, body)
        approving.approve(request_id=execution_id, **said)
        return answered(request, self, execution_id)


class Reject(Face):
    @endpoint(gives=shapes.Execution, takes=shapes.Decision, problems=_ANSWERING)
    def post(self, request: Request, execution_id: UUID, body: dict[str, Any]) -> Response:
        """Say no, and why in `note`: the request is over, and no other system is tried."""
        said = _answer(request, seen(self, request, execution_id), execution_id, body)
        approving.reject(request_id=execution_id, **said)
        return answered(request, self, execution_id)


class AskAgain(Face):
    @endpoint(gives=shapes.Asked, problems=(approving.NotWaiting,))
    def post(self, request: Request, execution_id: UUID) -> Response:
        """If something moved since the question was asked, close it and have the rules asked under what holds now."""
        scope = seen(self, request, execution_id)
        scope.demand(Capability.DECIDE, to="have the rules asked again")
        tars = tars_scope(scope.tenant_id)
        has_moved = approving.ask_again(scope=tars, request_id=execution_id, at=now())
        said = "The rules are asked again." if has_moved else "Nothing has moved; it can be decided as it stands."
        return Response({"has_moved": has_moved, "sentence": said})


class Cancel(Face):
    @endpoint(gives=shapes.Execution, problems=(afterwards.TooLate,))
    def post(self, request: Request, execution_id: UUID) -> Response:
        """Call it off. While the agent works the call ends at its next word, and nobody knows what it did."""
        scope = seen(self, request, execution_id)
        afterwards.cancel(scope=scope, request_id=execution_id, at=now())
        return answered(request, self, execution_id)


class Rate(Face):
    @endpoint(gives=shapes.Execution, takes=shapes.Rating)
    def post(self, request: Request, execution_id: UUID, body: dict[str, Any]) -> Response:
        """Say how good it was; it may be said anew."""
        scope = seen(self, request, execution_id)
        afterwards.rate(scope=scope, execution_id=execution_id, at=now(), **body)
        return answered(request, self, execution_id)


class Correct(Face):
    @endpoint(gives=shapes.Execution, takes=shapes.Correction, problems=(afterwards.Away,))
    def post(self, request: Request, execution_id: UUID, body: dict[str, Any]) -> Response:
        """Say which system should have got it; it may be said anew. Learning counts it."""
        scope = seen(self, request, execution_id)
        correcting.correct(scope=scope, execution_id=execution_id, system=body["system"], at=now())
        return answered(request, self, execution_id)


class Dispute(Face):
    @endpoint(gives=shapes.Execution, takes=shapes.Dispute, problems=(afterwards.TooLate,))
    def post(self, request: Request, execution_id: UUID, body: dict[str, Any]) -> Response:
        """Say that what was done or charged is not right. It stands on the ledger."""
        scope = seen(self, request, execution_id)
        afterwards.dispute(scope=scope, execution_id=execution_id, words=body["words"], at=now())
        return answered(request, self, execution_id)


def seen(face: Face, request: Request, id: UUID) -> Scope:
    """The caller's scope, if it may see the execution; raises `NotFound` otherwise: who may not see it learns nothing."""
    scope = face.scope(request)
    with reading(request._request):
        queries.demand_visible(scope=scope, id=id)
    return scope


def _answer(request: Request, scope: Scope, id: UUID, body: dict[str, Any]) -> dict[str, Any]:
    at = now()
    confirmation = confirm_in_body(request=request._request, answer=body["password"], path=f"/executions/{id}/", at=at)
    return {"scope": scope, "digest": body["digest"], "note": body["note"], "confirmation": confirmation, "at": at}
