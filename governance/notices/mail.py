"""From unmailed notices to mails, and from mails to the mail server: two steps, so that a worker may die between any two lines.

`write_due` turns news into rows of the outbox in one transaction; `send_due` claims rows for a while, sends them outside of
any transaction, and says how it went. Both may run twice at once. HAZARD: a worker that dies after the server took a mail and
before it said so sends it again; the Message-ID stays the same, so that mail programs show one.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from itertools import groupby
from typing import Any, Final
from uuid import UUID
from zoneinfo import ZoneInfo

from django.apps import apps
from django.conf import settings
from django.core.mail import EmailMultiAlternatives, get_connection
from django.db.models import F, Q

from governance.ids import new_id
from governance.notices.letters import Home, Item, Letter, digest, news
from governance.notices.models import MailMode, MailState, Notice, NoticePreference, OutboxMail
from governance.tenancy import in_tenant

log = logging.getLogger(__name__)
DIGEST_AT: Final = time(7)
NEWS_FOR: Final = timedelta(days=1)
DIGEST_FOR: Final = timedelta(days=2)
"""Older notices are no news: they are read in TARS or not at all, and never make a storm after a long stop."""
MOST_IN_A_DIGEST: Final = 50
BATCH: Final = 200
SENT_AT_ONCE: Final = 5
ROUND: Final = timedelta(minutes=2)
ATTEMPTS: Final = 5
WAITS: Final = (
    timedelta(minutes=2),
    timedelta(minutes=10),
    timedelta(hours=1),
    timedelta(hours=4),
    timedelta(minutes=2),
)
"""How long after its n-th claim a mail is tried again; longer than one try takes."""
Clock = Callable[[], datetime]


@dataclass(frozen=True, slots=True)
class _Person:
    email: str
    zone: ZoneInfo


def write_due(*, tenant_id: UUID, at: datetime) -> int:
    """Write a mail for every notice that is due for one, and mark the notices; returns how many mails were written."""
    written, is_more = 0, True
    while is_more:
        with in_tenant(tenant_id, durable=True):
            count, is_more = _write_some(tenant_id, at=at)
        written += count
    return written


def send_due(*, tenant_id: UUID, clock: Clock) -> int:
    """Send every mail that is due; returns how many went out. What fails is tried again later, five times at most."""
    sent, until = 0, clock() + ROUND
    while claimed := _claim(tenant_id, at=clock()):
        errors = [_sent(mail) for mail in claimed]
        for mail, error in zip(claimed, errors, strict=True):
            _note(mail, error=error, at=clock())
        sent += errors.count("")
        # A server that takes none of them takes none of the next ones either.
        if all(errors) or clock() > until:
            break
    return sent


def _write_some(tenant_id: UUID, *, at: datetime) -> tuple[int, bool]:
    """Write the mails of some notices; says whether more are left."""
    wishes = {row.user_id: row for row in NoticePreference.objects.filter(tenant_id=tenant_id)}
    daily = [user_id for user_id, wish in wishes.items() if wish.mail == MailMode.DAILY]
    people = _people(tenant_id, daily)
    mornings = {user_id: _morning(people[user_id], at) for user_id in daily if user_id in people}
    rows = Notice.objects.select_for_update(skip_locked=True, of=("self",)).select_related("tenant")
    due = _due(tenant_id, people=people, mornings=mornings)
    found = list(rows.filter(due, tenant_id=tenant_id, mailed_at=None).order_by("user_id", "id")[:BATCH])
    is_full = len(found) == BATCH
    if is_full and found[0].user_id != found[-1].user_id:
        # A person's digest is one mail: whoever's notices may go on in the next batch waits for it.
        found = [row for row in found if row.user_id != found[-1].user_id]
    people |= _people(tenant_id, {row.user_id for row in found} - people.keys())
    mails = list(_mails(found, people=people, wishes=wishes, mornings=mornings, at=at))
    OutboxMail.objects.bulk_create(mails, ignore_conflicts=True)
    Notice.objects.filter(tenant_id=tenant_id, id__in=[row.id for row in found]).update(mailed_at=at)
    return len(mails), is_full


def _due(tenant_id: UUID, *, people: Mapping[UUID, _Person], mornings: Mapping[UUID, datetime]) -> Q:
    """Everybody's news, except what waits for somebody's next morning: one digest a day, and urgent news at once."""
    keys = {_digest_key(user_id, people[user_id], morning): user_id for user_id, morning in mornings.items()}
    written = OutboxMail.objects.filter(tenant_id=tenant_id, key__in=keys).values_list("key", flat=True)
    had_theirs = {keys[key] for key in written}
    due = ~Q(user_id__in=mornings) | Q(is_urgent=True)
    for user_id, morning in mornings.items():
        if user_id not in had_theirs:
            due |= Q(user_id=user_id, at__lt=morning)
    return due


def _mails(
    notices: Iterable[Notice],
    *,
    people: Mapping[UUID, _Person],
    wishes: Mapping[UUID, NoticePreference],
    mornings: Mapping[UUID, datetime],
    at: datetime,
) -> Iterator[OutboxMail]:
    for user_id, rows in groupby(notices, key=lambda row: row.user_id):
        person, wish = people.get(user_id), wishes.get(user_id)
        if person is None or (wish and wish.mail == MailMode.NONE):
            continue
        muted = set(wish.muted) if wish else set()
        wanted = [row for row in rows if row.read_at is None and (row.is_urgent or row.kind not in muted)]
        now = [row for row in wanted if row.is_urgent or user_id not in mornings]
        for row in now:
            if row.at > at - NEWS_FOR:
                letter = news(_item(row), home=_home(row), is_urgent=row.is_urgent)
                yield _mail(f"notice:{row.id}", letter, row, person, at)
        later = [row for row in wanted if row not in now and row.at > at - DIGEST_FOR]
        if later:
            yield _digest(later, person, key=_digest_key(user_id, person, mornings[user_id]), at=at)


def _digest_key(user_id: UUID, person: _Person, morning: datetime) -> str:
    return f"digest:{user_id}:{morning.astimezone(person.zone).date()}"


def _digest(rows: list[Notice], person: _Person, *, key: str, at: datetime) -> OutboxMail:
    items = [_item(row) for row in rows[:MOST_IN_A_DIGEST]]
    letter = digest(items, home=_home(rows[0]), left_out=len(rows) - len(items))
    return _mail(key, letter, rows[0], person, at)


def _mail(key: str, letter: Letter, notice: Notice, person: _Person, at: datetime) -> OutboxMail:
    return OutboxMail(
        id=new_id(at),
        tenant_id=notice.tenant_id,
        key=key,
        user_id=notice.user_id,
        address=person.email,
        subject=letter.subject,
        body=letter.body,
        html=letter.html,
        state=MailState.KEPT if notice.tenant.is_demo else MailState.QUEUED,
        created_at=at,
        next_try_at=at,
    )


def _home(notice: Notice) -> Home:
    return Home(notice.tenant_id, notice.tenant.name, settings.PUBLIC_URL)


def _item(notice: Notice) -> Item:
    return Item(notice.sentence, notice.url)


def _morning(person: _Person, at: datetime) -> datetime:
    """The last seven o'clock of the person's own time: what came before it belongs into a digest by now."""
    local = at.astimezone(person.zone)
    today = datetime.combine(local.date(), DIGEST_AT, person.zone)
    return today if today <= at else datetime.combine(local.date() - timedelta(days=1), DIGEST_AT, person.zone)


def _people(tenant_id: UUID, user_ids: Iterable[UUID]) -> dict[UUID, _Person]:
    """Addresses of those who still belong to the tenant. By name: memberships belong to a higher slice."""
    memberships: Any = apps.get_model("governance", "Membership")
    rows = memberships.objects.filter(
        tenant_id=tenant_id, ended_at=None, user__is_active=True, user_id__in=list(user_ids)
    ).values_list("user_id", "user__email", "user__time_zone")
    return {user_id: _Person(email, _zone(name)) for user_id, email, name in rows}


def _zone(name: str) -> ZoneInfo:
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        return ZoneInfo("UTC")


def _claim(tenant_id: UUID, *, at: datetime) -> list[OutboxMail]:
    """Take some due mails for as long as a try may last; whoever comes at the same time takes others."""
    with in_tenant(tenant_id, durable=True):
        due = OutboxMail.objects.filter(tenant_id=tenant_id, state=MailState.QUEUED, next_try_at__lte=at)
        due.filter(attempts__gte=ATTEMPTS).update(
            state=MailState.FAILED, error="The worker ended while it sent this mail; whether it arrived is not known."
        )
        locked = due.filter(attempts__lt=ATTEMPTS).select_for_update(skip_locked=True)
        rows = list(locked.order_by("next_try_at", "id")[:SENT_AT_ONCE])
        for row in rows:
            row.attempts += 1
            row.next_try_at = at + WAITS[row.attempts - 1]
        OutboxMail.objects.bulk_update(rows, ["attempts", "next_try_at"])
    return rows


def _sent(mail: OutboxMail) -> str:
    """Hand one mail to the mail server; returns what went wrong, or ""."""
    message = EmailMultiAlternatives(
        subject=mail.subject,
        body=mail.body,
        from_email=settings.DEFAULT_FROM_EMAIL,
        to=[mail.address],
        headers={
            "Message-ID": f"<{mail.id}@tars>",
            "Auto-Submitted": "auto-generated",
            "X-Auto-Response-Suppress": "All",
        },
        connection=get_connection(),
    )
    message.attach_alternative(mail.html, "text/html")
    try:
        return "" if message.send() else "The mail server took no address of it."
    except Exception as error:
        # Whatever a mail server or library says about one mail must not stop the others.
        log.warning("mail %s could not be sent: %s", mail.id, error)
        return f"{type(error).__name__}: {error}"[:500]


def _note(mail: OutboxMail, *, error: str, at: datetime) -> None:
    with in_tenant(mail.tenant_id, durable=True):
        row = OutboxMail.objects.filter(tenant_id=mail.tenant_id, id=mail.id, attempts=mail.attempts)
        if not error:
            row.update(state=MailState.SENT, sent_at=at, error="")
        else:
            row.update(error=error, state=MailState.FAILED if mail.attempts >= ATTEMPTS else F("state"))
