"""From news to mails: at most one each, none lost, in the person's own morning."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

import pytest
from django.core import mail
from django.core.mail.backends.locmem import EmailBackend
from django.test import override_settings

from governance.identity.actions import remove_member
from governance.identity.models import User
from governance.notices import actions
from governance.notices.mail import ATTEMPTS, send_due, write_due
from governance.notices.models import MailState, Notice, OutboxMail
from governance.notices.tasks import tick
from governance.scope import Scope
from governance.tenancy import in_tenant
from governance.tenants.models import Tenant
from tests import factories as make
from tests.db.amendments.desk import at_once

AT = make.AT


class Broken(EmailBackend):
    """A mail server that refuses addresses it was told to."""

    refused: set[str] = set()
    calls = 0

    def send_messages(self, messages: Any) -> int:
        Broken.calls += 1
        if {address for message in messages for address in message.to} & Broken.refused:
            raise OSError("550 no such mailbox")
        return super().send_messages(messages)


@pytest.fixture(autouse=True)
def post() -> Iterator[None]:
    Broken.refused, Broken.calls = set(), 0
    with override_settings(EMAIL_BACKEND="tests.db.notices.test_mail.Broken", PUBLIC_URL="https://tars.example"):
        mail.outbox = []
        yield


@pytest.fixture
def cast() -> make.Cast:
    return make.cast()


def tell(scope: Scope, *people: Scope, key: str = "news", at: datetime = AT, **said: Any) -> None:
    about = {"kind": "decided", "subject": "AMD-1", "sentence": f"News of {key}.", "url": "/amendments/AMD-1/", **said}
    with in_tenant(scope.tenant_id):
        ids = [person.person_id for person in people]
        actions.tell(scope=scope, user_ids=ids, key=key, at=at, **about)


def deliver(cast: make.Cast, *, at: datetime = AT) -> tuple[int, int]:
    return write_due(tenant_id=cast.tenant.id, at=at), send_due(tenant_id=cast.tenant.id, clock=lambda: at)


def rows(cast: make.Cast) -> list[OutboxMail]:
    with in_tenant(cast.tenant.id):
        return list(OutboxMail.objects.order_by("id"))


def subjects() -> list[str]:
    return sorted(message.subject for message in mail.outbox)


def living_in(scope: Scope, zone: str) -> None:
    User.objects.filter(id=scope.actor.user_id).update(time_zone=zone)


def test_each__is_mailed_once_with_both_parts_and_a_link(cast: make.Cast) -> None:
    tell(cast.tars, cast.ada)
    assert deliver(cast) == (1, 1)
    (message,) = mail.outbox
    assert (message.to, message.subject) == ([cast.users["ada"].email], "News of news.")
    assert f"https://tars.example/tenants/{cast.tenant.id}/go/?to=/amendments/AMD-1/" in message.body
    assert message.alternatives[0].mimetype == "text/html"
    assert message.extra_headers["Auto-Submitted"] == "auto-generated"
    assert deliver(cast) == (0, 0) and len(mail.outbox) == 1
    assert [(row.state, row.attempts) for row in rows(cast)] == [("sent", 1)]


def test_task__two_at_once__mail_once(cast: make.Cast) -> None:
    tell(cast.tars, cast.ada, cast.bo, cast.cy)
    at_once([partial(deliver, cast), partial(deliver, cast), partial(deliver, cast)])
    deliver(cast)
    assert len(mail.outbox) == 3


def test_crash__between_row_and_sending__the_next_run_sends(cast: make.Cast) -> None:
    tell(cast.tars, cast.ada)
    assert write_due(tenant_id=cast.tenant.id, at=AT) == 1
    assert deliver(cast) == (0, 1)


def test_crash__while_sending__is_tried_again_after_a_while_under_the_same_id(cast: make.Cast) -> None:
    tell(cast.tars, cast.ada)
    write_due(tenant_id=cast.tenant.id, at=AT)
    with pytest.raises(KeyboardInterrupt):
        send_due(tenant_id=cast.tenant.id, clock=_dies_after(1))
    first = mail.outbox[0].extra_headers["Message-ID"]
    assert deliver(cast, at=AT + timedelta(minutes=1)) == (0, 0), "its claim still holds"
    assert deliver(cast, at=AT + timedelta(minutes=6)) == (0, 1)
    assert mail.outbox[1].extra_headers["Message-ID"] == first


def test_failure__is_tried_five_times_ever_later_then_shown_and_sent_again_by_hand(cast: make.Cast) -> None:
    Broken.refused = {cast.users["ada"].email}
    tell(cast.tars, cast.ada)
    at = AT
    for _ in range(40):
        deliver(cast, at=at)
        at += timedelta(minutes=30)
    (row,) = rows(cast)
    assert (row.state, row.attempts, Broken.calls) == (MailState.FAILED, ATTEMPTS, ATTEMPTS)
    assert row.error == "OSError: 550 no such mailbox"
    Broken.refused = set()
    actions.send_again(scope=cast.ada, mail_id=row.id, at=at)
    with pytest.raises(actions.StillWaiting):
        actions.send_again(scope=cast.ada, mail_id=row.id, at=at)
    deliver(cast, at=at)
    assert [(one.state, one.attempts, one.error) for one in rows(cast)] == [("sent", 1, "")]


def test_failure__of_one__does_not_keep_the_others(cast: make.Cast) -> None:
    Broken.refused = {cast.users["ada"].email}
    tell(cast.tars, cast.ada, cast.bo)
    assert deliver(cast) == (2, 1)


def test_dead_server__is_not_asked_for_every_mail(cast: make.Cast) -> None:
    Broken.refused = {user.email for user in cast.users.values()}
    for number in range(20):
        tell(cast.tars, cast.ada, key=str(number))
    deliver(cast)
    assert Broken.calls == 5


def test_read_in_time__old__muted__or_unwanted__is_not_mailed(cast: make.Cast) -> None:
    tell(cast.tars, cast.ada, cast.bo, cast.cy, cast.uma, kind="stale")
    actions.mark_read(scope=cast.ada, at=AT)
    actions.set_preference(scope=cast.bo, mail="each", muted=["stale"], at=AT)
    actions.set_preference(scope=cast.cy, mail="none", muted=[], at=AT)
    remove_member(scope=cast.tess, user=cast.users["uma"], at=AT)
    tell(cast.tars, cast.sam, at=AT - timedelta(days=2))
    assert deliver(cast) == (0, 0)
    with in_tenant(cast.tenant.id):
        assert not Notice.objects.filter(mailed_at=None).exists(), "nothing is looked at again"


def test_digest__comes_at_seven_of_ones_own_morning_and_once(cast: make.Cast) -> None:
    living_in(cast.ada, "America/New_York")
    actions.set_preference(scope=cast.ada, mail="daily", muted=[], at=AT)
    evening = datetime(2026, 11, 3, 22, tzinfo=UTC)
    tell(cast.tars, cast.ada, key="a", at=evening)
    tell(cast.tars, cast.ada, key="b", at=evening + timedelta(minutes=5))
    assert deliver(cast, at=datetime(2026, 11, 4, 11, 59, tzinfo=UTC)) == (0, 0)
    assert deliver(cast, at=datetime(2026, 11, 4, 12, 0, 30, tzinfo=UTC)) == (1, 1)
    assert subjects() == ["2 notices from OMS Consulting"]
    assert mail.outbox[0].body.index("News of a.") < mail.outbox[0].body.index("News of b.")
    tell(cast.tars, cast.ada, key="late", at=datetime(2026, 11, 4, 11, 59, 59, tzinfo=UTC))
    tell(cast.tars, cast.ada, key="noon", at=datetime(2026, 11, 4, 17, tzinfo=UTC))
    assert deliver(cast, at=datetime(2026, 11, 4, 18, tzinfo=UTC)) == (0, 0), "one a day"
    assert deliver(cast, at=datetime(2026, 11, 5, 12, 1, tzinfo=UTC)) == (1, 1)
    assert "News of late." in mail.outbox[1].body and "News of noon." in mail.outbox[1].body


@pytest.mark.parametrize(
    ("before", "early", "seven"),
    [
        # spring forward on 29 March 2026, back on 25 October: seven stays seven
        ((2026, 3, 28, 12), (2026, 3, 29, 4, 59), (2026, 3, 29, 5, 0)),
        ((2026, 10, 24, 12), (2026, 10, 25, 5, 59), (2026, 10, 25, 6, 0)),
    ],
)
def test_digest__when_the_clocks_change__still_at_seven(
    before: tuple[int, ...], early: tuple[int, ...], seven: tuple[int, ...], cast: make.Cast
) -> None:
    living_in(cast.ada, "Europe/Berlin")
    actions.set_preference(scope=cast.ada, mail="daily", muted=[], at=AT)
    tell(cast.tars, cast.ada, at=datetime(*before, tzinfo=UTC))
    assert deliver(cast, at=datetime(*early, tzinfo=UTC)) == (0, 0)
    assert deliver(cast, at=datetime(*seven, tzinfo=UTC)) == (1, 1)


def test_digest__two_at_once__one(cast: make.Cast) -> None:
    actions.set_preference(scope=cast.ada, mail="daily", muted=[], at=AT)
    tell(cast.tars, cast.ada, at=AT - timedelta(hours=3))
    at_once([partial(deliver, cast), partial(deliver, cast)])
    assert len(mail.outbox) == 1


def test_digest__hundreds__is_one_mail_that_says_how_many_it_left_out(cast: make.Cast) -> None:
    actions.set_preference(scope=cast.ada, mail="daily", muted=[], at=AT)
    for number in range(120):
        tell(cast.tars, cast.ada, cast.bo, key=str(number), at=AT - timedelta(hours=3))
    assert deliver(cast) == (121, 121)
    (digest,) = [message for message in mail.outbox if message.subject.startswith("120 notices")]
    assert "70 more stand in your notices." in digest.body


def test_urgent__comes_at_once_also_to_a_digest_reader_and_wakes_the_worker(cast: make.Cast) -> None:
    from django_q.models import OrmQ

    actions.set_preference(scope=cast.ada, mail="daily", muted=[], at=AT)
    before = OrmQ.objects.count()
    tell(cast.tars, cast.ada, is_urgent=True)
    assert OrmQ.objects.count() == before + 1
    assert deliver(cast) == (1, 1) and subjects() == ["Urgent: News of news."]


def test_preference__changed_to_each__what_waited_for_the_morning_comes_now(cast: make.Cast) -> None:
    actions.set_preference(scope=cast.ada, mail="daily", muted=[], at=AT)
    tell(cast.tars, cast.ada)
    assert deliver(cast) == (0, 0)
    actions.set_preference(scope=cast.ada, mail="each", muted=[], at=AT)
    assert deliver(cast) == (1, 1)


def test_zone_of_nowhere__is_utc(cast: make.Cast) -> None:
    living_in(cast.ada, "Mars/Olympus")
    actions.set_preference(scope=cast.ada, mail="daily", muted=[], at=AT)
    tell(cast.tars, cast.ada, at=AT - timedelta(hours=3))
    assert deliver(cast) == (1, 1)


def test_header__cannot_be_smuggled_in_by_a_sentence(cast: make.Cast) -> None:
    tell(cast.tars, cast.ada, sentence="Hello\r\nBcc: everybody@example.org\n\nBody " + "Größe " * 500)
    deliver(cast)
    message = mail.outbox[0].message()
    assert message["Bcc"] is None and len(mail.outbox[0].recipients()) == 1
    assert "\n" not in mail.outbox[0].subject and len(mail.outbox[0].subject) <= 110


def test_demo__writes_and_never_sends(cast: make.Cast) -> None:
    with in_tenant(cast.tenant.id):
        Tenant.objects.filter(id=cast.tenant.id).update(is_demo=True)
    tell(cast.tars, cast.ada)
    assert deliver(cast) == (1, 0)
    (row,) = rows(cast)
    assert row.state == "kept" and not mail.outbox
    with pytest.raises(actions.NeverSent):
        actions.send_again(scope=cast.ada, mail_id=row.id, at=AT)


def test_tick__delivers_in_every_tenant_and_keeps_them_apart(cast: make.Cast) -> None:
    mallory = make.stranger()
    tell(cast.tars, cast.ada)
    tell(mallory_tars := _tars(mallory), mallory)
    assert mallory_tars.tenant_id != cast.tenant.id
    tick(AT.isoformat())
    with in_tenant(mallory.tenant_id):
        assert [row.user_id for row in OutboxMail.objects.all()] == [mallory.actor.user_id]
    with pytest.raises(actions.NotFound):
        actions.send_again(scope=mallory, mail_id=rows(cast)[0].id, at=AT)


def _tars(scope: Scope) -> Scope:
    from governance.scope import tars_scope

    return tars_scope(scope.tenant_id)


def _dies_after(calls: int) -> Any:
    """A clock that works for `until` and the claim and kills the worker when it notes that a mail is sent."""
    left = [calls + 1]

    def clock() -> datetime:
        if not left[0]:
            raise KeyboardInterrupt
        left[0] -= 1
        return AT

    return clock
