"""Talking about an amendment over REST: comments, ticks, looks, and the pages on which people decided."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from uuid import UUID

from django.urls import reverse
from rest_framework.request import Request
from rest_framework.response import Response

from governance.amendments import actions, records, talk_shapes
from governance.amendments.models import AmendmentProposal
from governance.amendments.queries import amendment_page, found_proposal
from governance.amendments.queries.decisions import decision_page, kept_pages
from governance.amendments.queries.talk import KIND
from governance.discussion.actions import AlreadySo, TooMuchTalk
from governance.discussion.queries import threads_of
from governance.rest import Face, endpoint
from governance.scope import Scope
from governance.web import now, reading


class Comments(Face):
    @endpoint(gives=talk_shapes.Talk)
    def get(self, request: Request, number: int) -> Response:
        """Everything that was said about an amendment, thread by thread."""
        return _talk(self.reader(request), number)

    @endpoint(gives=talk_shapes.Talk, status=201, takes=talk_shapes.NewComment, problems=(TooMuchTalk,))
    def post(self, request: Request, number: int, body: dict[str, Any]) -> Response:
        """Comment on a JSON pointer of its constitution, on the whole, or in a thread; perhaps with another value."""
        scope = self.scope(request)
        actions.comment(scope=scope, number=number, at=now(), **body)
        address = reverse("api-comments", kwargs={"number": number})
        with reading(request._request):
            return _talk(scope, number, status=201, headers={"Location": address})


class Settle(Face):
    """`resolve` or `reopen`; the route says which."""

    run: Callable[..., Any] | None = None

    @endpoint(gives=talk_shapes.Talk, problems=(AlreadySo,))
    def post(self, request: Request, number: int, comment_id: UUID) -> Response:
        """Settle a thread, or take it up again; the id of any of its comments names it."""
        assert self.run is not None
        scope = self.scope(request)
        self.run(scope=scope, number=number, comment_id=comment_id, at=now())
        with reading(request._request):
            return _talk(scope, number)


class Ticks(Face):
    @endpoint(gives=talk_shapes.Ticked, takes=talk_shapes.Tick)
    def post(self, request: Request, number: int, body: dict[str, Any]) -> Response:
        """Mark a change of a revision as viewed by oneself, or take the mark away."""
        scope = self.scope(request)
        is_viewed = body.pop("viewed")
        actions.tick(scope=scope, number=number, is_viewed=is_viewed, at=now(), **body)
        with reading(request._request):
            talk = amendment_page(scope=scope, number=number, at=now()).talk
        return Response({"viewed": records.viewed(talk), "changes": len(talk.spots)})


class Looks(Face):
    @endpoint(gives=talk_shapes.Looked, takes=talk_shapes.Look)
    def post(self, request: Request, number: int, body: dict[str, Any]) -> Response:
        """Remember that one has seen what a digest names, so that a later page shows only what changed since."""
        scope = self.scope(request)
        return Response({"is_current": actions.look(scope=scope, number=number, digest=body["digest"], at=now())})


class Decisions(Face):
    @endpoint(gives=talk_shapes.Decisions)
    def get(self, request: Request, number: int) -> Response:
        """The pages on which people decided this amendment, in order."""
        scope = self.reader(request)
        proposal: AmendmentProposal = found_proposal(scope=scope, number=number)
        kept = [
            {
                "decision_id": str(one.decision_id),
                "actor": one.actor,
                "verdict": one.said,
                "at": one.at,
                "digest": one.digest,
            }
            for one in kept_pages(scope=scope, proposal=proposal)
        ]
        return Response({"decisions": kept})


class OneDecision(Face):
    @endpoint(gives=talk_shapes.DecisionPage)
    def get(self, request: Request, number: int, decision_id: UUID) -> Response:
        """The page as it was at the moment of a decision; `canonical` has the digest that the ledger entry names."""
        page = decision_page(scope=self.reader(request), number=number, decision_id=decision_id)
        return Response(
            {
                "decision_id": str(page.decision_id),
                "digest": page.digest,
                "is_genuine": page.is_genuine,
                "ledger_sequence": page.sequence,
                "canonical": page.raw.decode(errors="replace"),
            }
        )


def _talk(scope: Scope, number: int, **options: Any) -> Response:
    proposal = found_proposal(scope=scope, number=number)
    threads = threads_of(scope=scope, kind=KIND, subject_id=proposal.id)
    return Response({"threads": [records.thread(one) for one in threads]}, **options)
