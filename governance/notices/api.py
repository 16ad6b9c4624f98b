"""One's notices, how they are mailed, and the mails, over REST."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from rest_framework.request import Request
from rest_framework.response import Response

from governance.notices import actions, outbox, queries, shapes
from governance.notices.models import MailState, OutboxMail
from governance.rest import Face, endpoint, paged, paging, unknown_cursor
from governance.scope import Scope
from governance.web import now, reading


class Notices(Face):
    @endpoint(gives=shapes.Notice, query=shapes.NoticeQuery, is_paged=True)
    def get(self, request: Request, asked: dict[str, Any]) -> Response:
        """One's own notices, newest first."""
        limit, after = paging(request)
        asked_for = queries.Filter(is_unread=asked["unread"], kind=asked.get("kind", ""))
        last = _id(after) if after else None
        found = queries.after(scope=self.scope(request), filter=asked_for, last=last, limit=limit + 1)
        results = [_notice(line) for line in found[:limit]]
        return paged(request, results, next_after=str(found[limit - 1].id) if len(found) > limit else None)


class ReadAll(Face):
    @endpoint(gives=shapes.Marked, takes=shapes.Everything)
    def post(self, request: Request, body: dict[str, Any]) -> Response:
        """Mark one's notices as read, up to the newest that was seen."""
        return Response({"marked": actions.mark_read(scope=self.scope(request), up_to=body["up_to"], at=now())})


class ReadOne(Face):
    @endpoint(gives=shapes.Marked)
    def post(self, request: Request, notice_id: UUID) -> Response:
        """Mark one notice as read."""
        return Response({"marked": actions.mark_read(scope=self.scope(request), notice_id=notice_id, at=now())})


class Preferences(Face):
    @endpoint(gives=shapes.Preference)
    def get(self, request: Request) -> Response:
        """How one's news is mailed."""
        return Response(_preference(self.scope(request)))

    @endpoint(gives=shapes.Preference, takes=shapes.Wishes, problems=(actions.BadPreference,))
    def put(self, request: Request, body: dict[str, Any]) -> Response:
        """Choose how one's news is mailed."""
        scope = self.scope(request)
        actions.set_preference(scope=scope, mail=body["mail"], muted=body["muted"], at=now())
        with reading(request._request):
            return Response(_preference(scope))


class Mails(Face):
    @endpoint(gives=shapes.Mail, query=shapes.MailQuery, is_paged=True)
    def get(self, request: Request, asked: dict[str, Any]) -> Response:
        """The mails that TARS wrote, newest first: one's own, or all of the tenant for who manages its people."""
        limit, after = paging(request)
        rows = outbox.mails(scope=self.scope(request), state=asked.get("state", "")).defer("body", "html")
        found = list((rows.filter(id__lt=_id(after)) if after else rows)[: limit + 1])
        results = [_mail(row) for row in found[:limit]]
        return paged(request, results, next_after=str(found[limit - 1].id) if len(found) > limit else None)


class OneMail(Face):
    @endpoint(gives=shapes.WholeMail)
    def get(self, request: Request, mail_id: UUID) -> Response:
        """One mail with its text."""
        return Response(_whole(self.scope(request), mail_id))


class SendAgain(Face):
    @endpoint(gives=shapes.WholeMail, problems=(actions.StillWaiting, actions.NeverSent))
    def post(self, request: Request, mail_id: UUID) -> Response:
        """Queue a mail again that was sent or failed."""
        scope = self.scope(request)
        actions.send_again(scope=scope, mail_id=mail_id, at=now())
        with reading(request._request):
            return Response(_whole(scope, mail_id))


def _notice(line: queries.Line) -> dict[str, Any]:
    return {
        "id": str(line.id),
        "kind": line.kind,
        "subject": line.subject,
        "sentence": line.sentence,
        "url": line.url,
        "at": line.at,
        "is_urgent": line.is_urgent,
        "read_at": line.read_at,
    }


def _preference(scope: Scope) -> dict[str, Any]:
    kept = queries.preference_of(scope)
    return {"mail": kept.mail.value, "muted": sorted(kept.muted)}


def _mail(row: OutboxMail) -> dict[str, Any]:
    return {
        "id": str(row.id),
        "to": row.address,
        "subject": row.subject,
        "state": row.state,
        "attempts": row.attempts,
        "error": row.error,
        "created_at": row.created_at,
        "next_try_at": row.next_try_at if row.state == MailState.QUEUED else None,
        "sent_at": row.sent_at,
    }


def _whole(scope: Scope, mail_id: UUID) -> dict[str, Any]:
    row = outbox.mail_of(scope=scope, mail_id=mail_id)
    return {**_mail(row), "body": row.body}


def _id(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError:
        raise unknown_cursor() from None
