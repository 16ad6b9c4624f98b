from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from django.utils.http import url_has_allowed_host_and_scheme
from django_q.tasks import async_task

from governance.errors import DomainError, Invalid, NotAllowed, NotFound
from governance.ids import new_id
from governance.ledger.verbs import governed
from governance.notices import kinds
from governance.notices.models import MailMode, MailState, Notice, NoticePreference, OutboxMail
from governance.scope import Capability, Scope

DELIVER = "governance.notices.tasks.deliver"
KEPT_FOR: Final = timedelta(days=365)
"""News and mails repeat what stands elsewhere, in its words: what is destroyed there must not live on here. Nothing that is
destroyed is younger than its archive file, which is made after a year without access."""
MOST_DROPPED: Final = 20_000


class StillWaiting(DomainError):
    """The mail is on its way already."""

    code = "still_waiting"


class NeverSent(DomainError):
    """The mail of a demo tenant."""

    code = "never_sent"


class BadPreference(Invalid):
    """A way of mailing, or a kind of news, that does not exist or cannot be muted."""

    code = "bad_preference"


@dataclass(frozen=True, slots=True)
class News:
    """One thing to tell some people; the members are those of `tell`."""

    user_ids: Collection[UUID]
    kind: str
    key: str
    subject: str
    sentence: str
    url: str
    is_urgent: bool = False


def tell(
    *,
    scope: Scope,
    user_ids: Iterable[UUID],
    kind: str,
    key: str,
    subject: str,
    sentence: str,
    url: str,
    at: datetime,
    is_urgent: bool = False,
) -> int:
    """Tell people of the scope's tenant something, inside the caller's transaction; returns how many were told.

    `key` names the news for good (`AMD-4:assigned:2`): telling it to the same person again does nothing. `subject` is what it is
    about as people call it, `sentence` the whole news, `url` a path inside TARS. Whoever did it is never told of it. Call it
    before `ledger.append`: the chain head is the last lock.
    """
    news = News(tuple(user_ids), kind, key, subject, sentence, url, is_urgent)
    return tell_all(scope=scope, news=[news], at=at)


def tell_all(*, scope: Scope, news: Iterable[News], at: datetime) -> int:
    """Tell several things at once, in one statement; returns how many lines were written or stood there already."""
    rows = [
        Notice(
            id=new_id(at),
            tenant_id=scope.tenant_id,
            user_id=user_id,
            kind=one.kind,
            key=one.key,
            subject=one.subject,
            sentence=one.sentence,
            url=_inside(one.url),
            at=at,
            is_urgent=one.is_urgent,
        )
        # One order for everybody, so that two who tell the same never wait for each other.
        for one in sorted(news, key=lambda one: one.key)
        for user_id in sorted(set(one.user_ids) - {scope.actor.user_id})
    ]
    if rows:
        Notice.objects.bulk_create(rows, ignore_conflicts=True)
    if any(row.is_urgent for row in rows):
        _wake(scope)
    return len(rows)


@governed("notices.mark_read", subject="notice_id")
def mark_read(*, scope: Scope, at: datetime, notice_id: UUID | None = None, up_to: UUID | None = None) -> int:
    """Mark one of one's own notices as read, or all of them up to `up_to` (without it, all); returns how many were unread.

    Raises `NotFound`.
    """
    rows = Notice.objects.filter(tenant_id=scope.tenant_id, user_id=scope.person_id)
    if notice_id is not None:
        rows = rows.filter(id=notice_id)
        if not rows.exists():
            raise NotFound("There is no such notice of yours.")
    elif up_to is not None:
        rows = rows.filter(id__lte=up_to)
    return rows.filter(read_at=None).update(read_at=at)


@governed("notices.set_preference")
def set_preference(*, scope: Scope, mail: str, muted: Iterable[str], at: datetime) -> NoticePreference:
    """Choose how one's news of this tenant is mailed, and which kinds are not. Raises `BadPreference`."""
    user_id, silent = scope.person_id, sorted(set(muted))
    if mail not in MailMode.values:
        raise BadPreference(
            f"Mail is {', '.join(MailMode.values)}; choose one of them.", problems=(("/mail", "is not one of them"),)
        )
    known = kinds.kinds()
    if wrong := [name for name in silent if name not in known or not known[name].can_mute]:
        raise BadPreference(
            f"{wrong[0]} cannot be muted: it does not exist, or it is news that must reach you.",
            problems=(("/muted", f"{wrong[0]} cannot be muted"),),
        )
    row, _ = NoticePreference.objects.update_or_create(
        tenant_id=scope.tenant_id,
        user_id=user_id,
        defaults={"mail": mail, "muted": silent},
        create_defaults={"id": new_id(at), "mail": mail, "muted": silent},
    )
    return row


@governed("notices.put_away")
def put_away(*, scope: Scope, before: datetime, at: datetime) -> int:
    """TARS's own: what is older than `before` is no news any more; it counts as read and is not mailed."""
    if not scope.actor.is_tars:
        raise NotAllowed("Only TARS puts old notices away.")
    rows = Notice.objects.filter(tenant_id=scope.tenant_id, at__lt=before, read_at=None)
    return rows.update(read_at=at, mailed_at=at)


@governed("notices.send_again", subject="mail_id")
def send_again(*, scope: Scope, mail_id: UUID, at: datetime) -> OutboxMail:
    """Put a mail that was sent or failed into the queue again. One's own, or with `MANAGE_PEOPLE` any of the tenant's.

    Raises `NotFound`, `StillWaiting`, `NeverSent`.
    """
    rows = OutboxMail.objects.select_for_update().filter(tenant_id=scope.tenant_id, id=mail_id)
    if not scope.can(Capability.MANAGE_PEOPLE):
        rows = rows.filter(user_id=scope.person_id)
    mail = rows.first()
    if mail is None:
        raise NotFound("There is no such mail, or it is somebody else's.")
    if mail.state == MailState.QUEUED:
        raise StillWaiting("This mail waits to be sent already. Look again in a few minutes.")
    if mail.state == MailState.KEPT:
        raise NeverSent("Mails of the demo are never sent: its people are made up. Read it here.")
    mail.state, mail.attempts, mail.error, mail.next_try_at = MailState.QUEUED.value, 0, "", at
    mail.save(update_fields=["state", "attempts", "error", "next_try_at"])
    _wake(scope)
    return mail


def _wake(scope: Scope) -> None:
    # The broker is this database: the task appears with the commit and not before.
    async_task(DELIVER, str(scope.tenant_id), task_name="Deliver notices")


def _inside(url: str) -> str:
    """INVARIANT: a notice leads into TARS and nowhere else."""
    if not url.startswith("/") or not url_has_allowed_host_and_scheme(url, allowed_hosts=None):
        raise ValueError(f"a notice leads to a path inside TARS, not to {url!r}")
    return url


def drop_old(*, tenant_id: UUID, at: datetime) -> int:
    """Delete some of one tenant's news and mails of more than a year ago, in the caller's transaction; returns how many."""
    count, before = 0, at - KEPT_FOR
    for table, rows in (
        (Notice, Notice.objects.filter(at__lt=before)),
        (OutboxMail, OutboxMail.objects.filter(created_at__lt=before)),
    ):
        ids = rows.filter(tenant_id=tenant_id).order_by("id").values_list("id", flat=True)[:MOST_DROPPED]
        count += table.objects.filter(tenant_id=tenant_id, id__in=list(ids)).delete()[0]
    return count
