"""News on their way, to a real server in this process."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest
from django_q.models import OrmQ

from governance.amendments import actions as amendments
from governance.amendments.kinds import Basis
from governance.notices.models import Notice
from governance.registry.actions import register_system
from governance.registry.models import SystemType
from governance.scope import Role
from governance.tenancy import in_tenant
from governance.webhooks import actions
from governance.webhooks.deliveries import AGAIN_AT_ONCE, PATIENCE, WAITS, deliver, wake_due
from governance.webhooks.models import Webhook, WebhookDelivery
from governance.webhooks.signature import verify
from tests import factories as make
from tests.db.amendments.desk import at_once
from tests.receiver import Receiver, receiver

AT = make.AT


@pytest.fixture
def cast() -> make.Cast:
    return make.cast()


@pytest.fixture
def server(settings: Any) -> Iterator[Receiver]:
    settings.OUTBOUND_ALLOW = ["127.0.0.1"]
    with receiver() as found:
        yield found


def added(cast: make.Cast, url: str, *events: str) -> tuple[Webhook, str]:
    return actions.add_webhook(scope=cast.tess, name="CI", url=f"{url}/in", events=events, at=AT)


def waiting(cast: make.Cast) -> list[WebhookDelivery]:
    with in_tenant(cast.tenant.id):
        return list(WebhookDelivery.objects.order_by("id"))


def again(row: Any) -> Any:
    with in_tenant(row.tenant_id):
        return type(row).objects.get(id=row.id)


def attempt(delivery: WebhookDelivery, *, at: datetime = AT, number: int | None = None) -> str:
    number = again(delivery).attempts if number is None else number
    return deliver(tenant_id=delivery.tenant_id, delivery_id=delivery.id, attempt=number, clock=lambda: at)


def test_amendment_applied__receiver_is_told_signed_and_once(cast: make.Cast, server: Receiver) -> None:
    _, secret = added(cast, server.url, "amendment.applied")
    make.applied(cast)
    (delivery,) = waiting(cast)
    assert attempt(delivery) == "delivered"
    assert attempt(delivery) == "nothing to do"
    (got,) = server.got
    assert verify(secret=secret, headers=got.headers, body=got.body, now=int(AT.timestamp())) == str(delivery.event_id)
    told = json.loads(got.body)
    assert (told["id"], told["type"], told["tenant"]) == (
        got.headers["webhook-id"],
        "amendment.applied",
        str(cast.tenant.id),
    )
    assert told["at"] == AT.isoformat().replace("+00:00", "Z")
    data = told["data"]
    assert (data["label"], data["system"], data["state"], data["by"]) == (
        "AMD-1", "clay-consigliere", "applied", cast.cy.actor.name,
    )  # fmt: skip
    assert data["url"].endswith("/amendments/AMD-1/")
    done = again(delivery)
    assert (done.last_status, done.delivered_at, done.next_try_at, done.attempts) == (204, AT, None, 1)


def test_emit__only_what_was_asked_for__and_nothing_to_others(cast: make.Cast) -> None:
    every, _ = added(cast, "https://every.example.com")
    added(cast, "https://one.example.com", "amendment.rejected")
    off, _ = added(cast, "https://off.example.com")
    actions.change_webhook(
        scope=cast.tess, webhook_id=off.id, name="off", url=off.url, events=[], is_enabled=False, at=AT
    )
    make.applied(cast)
    events = [(row.webhook_id, row.event) for row in waiting(cast)]
    assert {webhook_id for webhook_id, _ in events} == {every.id}
    assert {event for _, event in events} == {"amendment.proposed", "amendment.approved", "amendment.applied"}


def test_emit__verb_refused__leaves_no_news(cast: make.Cast) -> None:
    added(cast, "https://every.example.com")
    proposal = make.proposed(cast)
    before, messages = len(waiting(cast)), OrmQ.objects.count()
    with pytest.raises(Exception, match=r"."):
        make.approve(cast.bo, proposal)
    assert (len(waiting(cast)), OrmQ.objects.count()) == (before, messages)


def test_whole_life__every_move_has_its_event(cast: make.Cast) -> None:
    added(cast, "https://every.example.com")
    make.rolled_back(cast.bo, make.applied(cast, fallback_delay_ms=300))
    proposal = make.proposed(cast, fallback_delay_ms=400)
    amendments.withdraw(scope=cast.bo, number=proposal.number, why="", at=AT)
    # All of one millisecond: their order is chance.
    assert sorted(row.event.partition(".")[2] for row in waiting(cast)) == [
        "applied", "approved", "proposed", "proposed", "rolled_back", "withdrawn",
    ]  # fmt: skip


def test_people_and_systems__are_news_too(cast: make.Cast) -> None:
    added(cast, "https://every.example.com", "member.added", "system.registered", "override.used")
    person, _ = make.seated(tenant=cast.tenant, name="dan", roles=[Role.OPERATOR])
    register_system(scope=cast.bo, name="memvid", type=SystemType.AGENT, constitution=make.CLAY, description="", at=AT)
    patch = make.proposed(cast, by=cast.sam, basis=Basis.SECURITY_PATCH, fallback_delay_ms=600)
    make.approve(cast.ada, patch, override=True, note="Sam is alone in security.")
    told = {row.event: json.loads(bytes(row.body))["data"] for row in waiting(cast)}
    assert told["member.added"]["email"] == person.email
    assert told["system.registered"]["system"] == "memvid"
    assert told["override.used"]["by"] == cast.ada.actor.name
    assert len(told) == 3


def test_failure__waits_longer_each_time_and_is_given_up(cast: make.Cast, server: Receiver) -> None:
    webhook, _ = added(cast, server.url)
    delivery = actions.send_test(scope=cast.tess, webhook_id=webhook.id, at=AT)
    server.says(500)
    at = AT
    for wait in WAITS:
        assert attempt(delivery, at=at) == "queued"
        assert again(delivery).next_try_at == at + wait
        assert wake_due(tenant_id=cast.tenant.id, at=at + wait - timedelta(seconds=1)) == 0
        at += wait
        assert wake_due(tenant_id=cast.tenant.id, at=at) == 1
        assert wake_due(tenant_id=cast.tenant.id, at=at) == 0, "it has its message"
    assert attempt(delivery, at=at) == "failed"
    assert (again(delivery).last_error, again(delivery).last_status) == ("The receiver answered 500.", 500)
    assert len(server.got) == len(WAITS) + 1
    assert len({got.headers["webhook-id"] for got in server.got}) == 1
    assert len({got.body for got in server.got}) == 1


def test_many_failing__only_a_few_of_a_webhook_are_tried_again_at_once(cast: make.Cast, server: Receiver) -> None:
    webhook, _ = added(cast, server.url)
    server.says(500)
    for _ in range(AGAIN_AT_ONCE + 2):
        attempt(actions.send_test(scope=cast.tess, webhook_id=webhook.id, at=AT))
    at = AT + WAITS[0]
    assert wake_due(tenant_id=cast.tenant.id, at=at) == AGAIN_AT_ONCE
    assert wake_due(tenant_id=cast.tenant.id, at=at) == 2, "the rest comes with the next sweep"


def test_message_that_comes_late__does_not_skip_the_wait(cast: make.Cast, server: Receiver) -> None:
    webhook, _ = added(cast, server.url)
    delivery = actions.send_test(scope=cast.tess, webhook_id=webhook.id, at=AT)
    server.says(500)
    attempt(delivery)
    assert attempt(delivery, number=0) == "nothing to do"
    assert len(server.got) == 1


def test_two_workers_at_once__one_delivers(cast: make.Cast, server: Receiver) -> None:
    webhook, _ = added(cast, server.url)
    delivery = actions.send_test(scope=cast.tess, webhook_id=webhook.id, at=AT)
    told = at_once([lambda: attempt(delivery, number=0)] * 3)
    assert [one.crash for one in told if one.crash] == []
    assert [one.result for one in told].count("delivered") == 1
    assert len(server.got) == 1


@pytest.mark.parametrize("answer", [(302, {"location": "http://169.254.169.254/"}, b""), (404, {}, b"no")])
def test_answer_that_is_no_success__is_a_failure(answer: Any, cast: make.Cast, server: Receiver) -> None:
    webhook, _ = added(cast, server.url)
    delivery = actions.send_test(scope=cast.tess, webhook_id=webhook.id, at=AT)
    server.answers = [answer]
    assert attempt(delivery) == "queued"
    assert again(delivery).last_error == f"The receiver answered {answer[0]}."


def test_address_that_became_private__is_not_called(cast: make.Cast, server: Receiver, settings: Any) -> None:
    webhook, _ = added(cast, server.url)
    delivery = actions.send_test(scope=cast.tess, webhook_id=webhook.id, at=AT)
    settings.OUTBOUND_ALLOW = []
    assert attempt(delivery) == "queued"
    assert "TARS_OUTBOUND_ALLOW" in again(delivery).last_error
    assert server.got == []


def test_send_again__same_bytes_same_id(cast: make.Cast, server: Receiver) -> None:
    webhook, _ = added(cast, server.url)
    delivery = actions.send_test(scope=cast.tess, webhook_id=webhook.id, at=AT)
    assert attempt(delivery) == "delivered"
    actions.send_again(scope=cast.tess, delivery_id=delivery.id, at=make.later())
    assert attempt(delivery, at=make.later()) == "delivered"
    first, second = server.got
    assert (first.body, first.headers["webhook-id"]) == (second.body, second.headers["webhook-id"])
    assert first.headers["webhook-timestamp"] != second.headers["webhook-timestamp"]


def test_nothing_through_for_three_days__is_switched_off_and_told(cast: make.Cast, server: Receiver) -> None:
    webhook, _ = added(cast, server.url)
    server.says(503)
    first = actions.send_test(scope=cast.tess, webhook_id=webhook.id, at=AT)
    attempt(first)
    early, late = AT + PATIENCE - timedelta(minutes=1), AT + PATIENCE
    attempt(actions.send_test(scope=cast.tess, webhook_id=webhook.id, at=early), at=early)
    assert again(webhook).disabled_at is None
    attempt(actions.send_test(scope=cast.tess, webhook_id=webhook.id, at=early), at=late)
    assert again(webhook).disabled_at == late
    with in_tenant(cast.tenant.id):
        told = {(row.user_id, row.sentence) for row in Notice.objects.filter(kind="webhook")}
    assert {user_id for user_id, _ in told} == {cast.users[name].id for name in ("bo", "cy", "sam", "tess")}
    assert "Nothing got through for 3 days." in next(iter(told))[1]
    assert attempt(first, at=late) == "failed", "what still waits is given up"


def test_receiver_is_gone__switched_off_at_once(cast: make.Cast, server: Receiver) -> None:
    webhook, _ = added(cast, server.url)
    server.says(410)
    assert attempt(actions.send_test(scope=cast.tess, webhook_id=webhook.id, at=AT)) == "failed"
    assert "410" in again(webhook).disabled_because


def test_removed_before_it_was_sent__is_given_up(cast: make.Cast, server: Receiver) -> None:
    webhook, _ = added(cast, server.url)
    delivery = actions.send_test(scope=cast.tess, webhook_id=webhook.id, at=AT)
    actions.remove_webhook(scope=cast.tess, webhook_id=webhook.id, at=AT)
    assert attempt(delivery) == "failed"
    assert server.got == []
