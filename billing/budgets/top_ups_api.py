"""Top-ups over REST. Deciding one takes a person who confirms it, as every decision does."""

from __future__ import annotations

from typing import Any

from django.urls import reverse
from rest_framework.request import Request
from rest_framework.response import Response

from billing.budgets import actions, errors, queries, shapes
from billing.budgets.holds_api import decimal
from governance.approvals.actions import AlreadyDecided, Moved, OwnProposal
from governance.identity.confirm import Confirmation, NotConfirmed, confirm_in_body
from governance.rest import Face, endpoint, paged, paging, unknown_cursor
from governance.web import now, reading, scope_of

DECIDING = (AlreadyDecided, Moved, OwnProposal, NotConfirmed, errors.TopUpClosed, errors.WindowOver, errors.AboveBound)


class TopUps(Face):
    @endpoint(gives=shapes.TopUp, query=shapes.TopUpQuery, is_paged=True)
    def get(self, request: Request, asked: dict[str, Any]) -> Response:
        """Wishes for more, newest first."""
        scope = self.reader(request)
        limit, after = paging(request)
        if after and not after.isdecimal():
            raise unknown_cursor()
        found = queries.top_ups(
            scope=scope, state=asked.get("state", ""), after=int(after) if after else None, limit=limit + 1
        )
        results = [_record(line) for line in found[:limit]]
        return paged(request, results, next_after=str(found[limit - 1].number) if len(found) > limit else None)

    @endpoint(
        gives=shapes.TopUp,
        status=201,
        takes=shapes.AskTopUp,
        problems=(errors.AboveBound, errors.AboveContract, errors.WindowOver),
    )
    def post(self, request: Request, body: dict[str, Any]) -> Response:
        """Ask for more in a running window, at most half of its plan in all."""
        scope = self.scope(request)
        made = actions.ask_top_up(scope=scope, at=now(), **{**body, "amount": decimal(body["amount"], "amount")})
        with reading(request._request):
            record = _record(queries.top_up(scope=scope, number=made.number))
        return Response(record, status=201, headers={"Location": reverse("api-top-up", args=[made.number])})


class OneTopUp(Face):
    @endpoint(gives=shapes.TopUp)
    def get(self, request: Request, number: int) -> Response:
        """One top-up, with the digest that an answer names."""
        return Response(_record(queries.top_up(scope=self.reader(request), number=number)))


class Approve(Face):
    @endpoint(gives=shapes.TopUp, takes=shapes.DecideTopUp, problems=(*DECIDING, errors.AboveContract))
    def post(self, request: Request, number: int, body: dict[str, Any]) -> Response:
        """Say yes: the window's total grows at once."""
        scope, answer = self.scope(request), _answer(request, number, body)
        actions.approve_top_up(scope=scope, number=number, **answer)
        with reading(request._request):
            return Response(_record(queries.top_up(scope=scope, number=number)))


class Reject(Face):
    @endpoint(gives=shapes.TopUp, takes=shapes.DecideTopUp, problems=DECIDING)
    def post(self, request: Request, number: int, body: dict[str, Any]) -> Response:
        """Say no; a note says why."""
        scope, answer = self.scope(request), _answer(request, number, body)
        actions.reject_top_up(scope=scope, number=number, **answer)
        with reading(request._request):
            return Response(_record(queries.top_up(scope=scope, number=number)))


class Withdraw(Face):
    @endpoint(gives=shapes.TopUp, problems=(errors.TopUpClosed,))
    def post(self, request: Request, number: int) -> Response:
        """Take one's own wish back."""
        scope = self.scope(request)
        actions.withdraw_top_up(scope=scope, number=number, at=now())
        with reading(request._request):
            return Response(_record(queries.top_up(scope=scope, number=number)))


def _answer(request: Request, number: int, body: dict[str, Any]) -> dict[str, Any]:
    at = now()
    with reading(request._request):
        queries.top_up(scope=scope_of(request._request), number=number)
    confirmation: Confirmation = confirm_in_body(
        request=request._request, answer=body["password"], path=f"/budgets/#top-up-{number}", at=at
    )
    return {"digest": body["digest"], "note": body["note"], "confirmation": confirmation, "at": at}


def _record(line: queries.TopUpLine) -> dict[str, Any]:
    return {
        "id": str(line.id),
        "number": line.number,
        "resource_id": str(line.resource_id),
        "resource_type": line.type,
        "window_type": line.window,
        "amount": str(line.amount),
        "reason": line.reason,
        "state": line.state,
        "digest": line.digest,
        "asked_by": line.asked_by,
        "asked_at": line.asked_at,
        "closed_at": line.closed_at,
        "closed_by": line.closed_by,
    }
