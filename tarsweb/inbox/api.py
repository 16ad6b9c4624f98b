"""The inbox over REST: the same list, the desk's verbs, and several alike decided by one confirmation."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.urls import reverse
from django.utils import timezone
from django.utils.http import urlencode
from rest_framework.request import Request
from rest_framework.response import Response

from governance.approvals import desk
from governance.approvals.actions import AlreadyDecided, OwnProposal
from governance.errors import Invalid
from governance.identity.confirm import Confirmation, NotConfirmed, confirm_in_body
from governance.rest import Face, endpoint, paged, paging, unknown_cursor
from governance.scope import Scope
from governance.web import now, reading
from tarsweb.inbox import shapes
from tarsweb.inbox.actions import Batch, NothingTogether, approve_together
from tarsweb.inbox.queries import Filter, Hand, Line, Sort, Tab, found_line, inbox
from tarsweb.inbox.times import Nap, nap_until

_DESK = (AlreadyDecided, OwnProposal)


class Inbox(Face):
    @endpoint(gives=shapes.Question, query=shapes.InboxQuery, is_paged=True)
    def get(self, request: Request, asked: dict[str, Any]) -> Response:
        """One tab of the inbox, in the order of the page: by due day, risk and age unless told otherwise."""
        scope = self.reader(request)
        limit, after = paging(request)
        lines = inbox(scope=scope, filter=_filter(asked), at=now()).lines
        start = _start(lines, after)
        shown = lines[start : start + limit]
        is_more = len(lines) > start + limit
        last = f"{start + limit - 1}:{shown[-1].row.subject_id}" if is_more else None
        return paged(request, [_record(line) for line in shown], next_after=last)


class OneQuestion(Face):
    @endpoint(gives=shapes.Question)
    def get(self, request: Request, question_id: UUID) -> Response:
        """One question, open or answered."""
        return Response(_record(found_line(scope=self.reader(request), request_id=question_id, at=now())))


class Take(Face):
    @endpoint(gives=shapes.Question, problems=_DESK)
    def post(self, request: Request, question_id: UUID) -> Response:
        """Take a question on. It adds no right and takes none away."""
        scope = self.scope(request)
        desk.take(scope=scope, request_id=question_id, at=now())
        return _answered(request, scope, question_id)


class Release(Face):
    @endpoint(gives=shapes.Question, problems=(AlreadyDecided, desk.NotInHand))
    def post(self, request: Request, question_id: UUID) -> Response:
        """Let go of a question one has in hand."""
        scope = self.scope(request)
        desk.release(scope=scope, request_id=question_id, at=now())
        return _answered(request, scope, question_id)


class HandOver(Face):
    @endpoint(gives=shapes.Question, takes=shapes.HandOver, problems=(*_DESK, desk.CannotAnswer))
    def post(self, request: Request, question_id: UUID, body: dict[str, Any]) -> Response:
        """Put a question into a named person's hand; they are told."""
        scope = self.scope(request)
        desk.hand_over(scope=scope, request_id=question_id, user_id=body["person"], at=now())
        return _answered(request, scope, question_id)


class Snooze(Face):
    @endpoint(gives=shapes.Question, takes=shapes.Snooze, problems=(*_DESK, desk.Overdue))
    def post(self, request: Request, question_id: UUID, body: dict[str, Any]) -> Response:
        """Put a question off, at the latest until it is due; colleagues still see it."""
        scope, at = self.scope(request), now()
        until = body.get("until") or nap_until(Nap(body["for"]), at=at, zone=timezone.get_current_timezone())
        desk.snooze(scope=scope, request_id=question_id, until=until, at=at)
        return _answered(request, scope, question_id)


class Wake(Face):
    @endpoint(gives=shapes.Question)
    def post(self, request: Request, question_id: UUID) -> Response:
        """End one's own snooze of a question."""
        scope = self.scope(request)
        desk.wake(scope=scope, request_id=question_id, at=now())
        return _answered(request, scope, question_id)


class Together(Face):
    @endpoint(gives=shapes.BatchOutcome, takes=shapes.Batch, problems=(NotConfirmed, NothingTogether))
    def post(self, request: Request, body: dict[str, Any]) -> Response:
        """Approve amendments that are alike and of low risk; each has its own signature, digest and entry.

        What is unlike, moved or refused is left out and named in `results`.
        """
        at, digests = now(), {item["id"]: item["digest"] for item in body["items"]}
        if len(digests) != len(body["items"]):
            raise Invalid("Name each amendment once.", problems=(("/items", "names one twice"),))
        batch = approve_together(
            scope=self.scope(request),
            digests=digests,
            confirmation=_confirmed(request, list(digests), body.get("password", ""), at=at),
            note=body["note"],
            at=at,
        )
        return Response(_batch_record(batch))


def _confirmed(request: Request, labels: list[str], answer: str, *, at: Any) -> Confirmation:
    """The person's answer to their factor; raises `NotConfirmed` with the page to go to."""
    path = f"{reverse('inbox:together')}?{urlencode({'n': labels}, doseq=True)}"
    return confirm_in_body(request=request._request, answer=answer, path=path, at=at)


def _filter(asked: dict[str, Any]) -> Filter:
    return Filter(
        tab=Tab(asked["tab"]),
        system=asked.get("system", ""),
        type=asked.get("type", ""),
        text=asked.get("q", ""),
        risk=asked.get("risk", ""),
        hand=Hand(asked.get("hand", "")),
        sort=Sort(asked["sort"]),
    )


def _start(lines: tuple[Line, ...], after: str) -> int:
    """Where the next page begins: behind the line that ended the last one, or where that line stood if it is gone."""
    if not after:
        return 0
    place, _, subject = after.partition(":")
    if not (place.isascii() and place.isdecimal() and len(place) < 7):
        raise unknown_cursor()
    found = next((index for index, line in enumerate(lines) if str(line.row.subject_id) == subject), None)
    return int(place) if found is None else found + 1


def _answered(request: Request, scope: Scope, question_id: UUID) -> Response:
    with reading(request._request):
        return Response(_record(found_line(scope=scope, request_id=question_id, at=now())))


def _record(line: Line) -> dict[str, Any]:
    row, question = line.row, line.question
    holder = {"id": str(question.holder_id), "name": question.holder} if question and question.holder_id else None
    return {
        "id": str(question.id) if question else None,
        "kind": line.kind,
        "subject": row.label,
        "sentence": row.sentence,
        "system": row.system,
        "type": row.type,
        "effect": row.effect,
        "state": row.state,
        "digest": question.digest if question else None,
        "proposed_by": row.proposed_by,
        "asked_at": line.item.asked_at,
        "due_at": line.item.due_at,
        "due": line.due.value,
        "risk": {"level": line.risk.level.value, "reasons": list(line.risk.reasons)},
        "needs": question.needs if question else "",
        "needed": question.needed if question else 0,
        "given": question.given_count if question else 0,
        "is_stale": row.is_stale,
        "is_mine_to_answer": line.is_mine_to_answer,
        "holder": holder,
        "snoozed_until": question.snoozed_until if question else None,
        "url": row.url,
    }


def _batch_record(batch: Batch) -> dict[str, Any]:
    return {
        "batch": str(batch.id),
        "results": [
            {
                "id": one.label,
                "system": one.system,
                "is_decided": one.is_decided,
                "state": one.state,
                "detail": one.sentence,
            }
            for one in batch.outcomes
        ],
    }
