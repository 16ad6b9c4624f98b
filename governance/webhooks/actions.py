from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from django.conf import settings
from django_q.tasks import async_task

from governance.canonical import canonical_bytes
from governance.errors import DomainError, Invalid, NotFound
from governance.ids import new_id
from governance.ledger import actions as ledger
from governance.ledger.verbs import governed
from governance.outbound import demand_allowed
from governance.scope import Capability, Scope
from governance.webhooks import signature
from governance.webhooks.events import EVENTS, TEST, matches
from governance.webhooks.models import DeliveryState, Webhook, WebhookDelivery

DELIVER = "governance.webhooks.tasks.deliver"
LOST_AFTER = timedelta(minutes=10)
"""A message to the worker that nobody took for so long is sent again."""
MOST = 20


class TooMany(DomainError):
    """The tenant has as many webhooks as it may."""

    code = "too_many_webhooks"


class IsDisabled(DomainError):
    """Nothing is sent to a disabled webhook."""

    code = "webhook_disabled"


class SecretUnreadable(DomainError):
    """The installation's key file does not open the secret."""

    code = "secret_unreadable"
    status = 503


@governed("webhooks.add", subject="name")
def add_webhook(*, scope: Scope, name: str, url: str, events: Sequence[str], at: datetime) -> tuple[Webhook, str]:
    """Tell a program of `events` (none: of everything) from now on; returns the webhook and its secret, shown this once.

    Raises `NotAllowed`, `Invalid`, `AddressRefused`, `TooMany`.
    """
    _demand(scope, to="add a webhook")
    wanted = _checked(name=name, events=events)
    demand_allowed(url)
    if Webhook.objects.filter(tenant_id=scope.tenant_id, removed_at=None).count() >= MOST:
        raise TooMany(f"A tenant has up to {MOST} webhooks. Remove one that is no longer used.")
    secret = signature.new_secret(os.urandom(32))
    webhook = Webhook.objects.create(
        id=new_id(at),
        tenant_id=scope.tenant_id,
        name=name.strip(),
        url=url,
        events=wanted,
        sealed_secret=_box().encrypt(secret.encode()),
        created_by=scope.actor.name,
        created_at=at,
        enabled_at=at,
    )
    _record(
        scope, webhook, at, verb="add", said=f"The webhook {webhook.name} was added: news go to {host_of(webhook)}."
    )
    return webhook, secret


@governed("webhooks.change", subject="webhook_id")
def change_webhook(
    *,
    scope: Scope,
    webhook_id: UUID,
    name: str,
    url: str,
    events: Sequence[str],
    is_enabled: bool,
    at: datetime,
) -> Webhook:
    """Say anew what a webhook is called, where it goes, what it hears of, and whether. Raises as `add_webhook`, `NotFound`."""
    _demand(scope, to="change a webhook")
    wanted = _checked(name=name, events=events)
    webhook = _locked(scope, webhook_id)
    if url != webhook.url:
        demand_allowed(url)
    webhook.name, webhook.url, webhook.events = name.strip(), url, wanted
    if is_enabled and webhook.disabled_at is not None:
        webhook.disabled_at, webhook.disabled_because, webhook.enabled_at = None, "", at
    elif not is_enabled and webhook.disabled_at is None:
        webhook.disabled_at, webhook.disabled_because = at, f"Switched off by {scope.actor.name}."
    webhook.save()
    word = "is on" if webhook.disabled_at is None else "is off"
    said = f"The webhook {webhook.name} to {host_of(webhook)} was changed; it {word}."
    _record(scope, webhook, at, verb="change", said=said)
    return webhook


@governed("webhooks.rotate_secret", subject="webhook_id")
def rotate_secret(*, scope: Scope, webhook_id: UUID, at: datetime) -> tuple[Webhook, str]:
    """Give a webhook a new secret, shown this once; the old one signs nothing any more. Raises `NotAllowed`, `NotFound`."""
    _demand(scope, to="rotate a webhook's secret")
    webhook = _locked(scope, webhook_id)
    secret = signature.new_secret(os.urandom(32))
    webhook.sealed_secret = _box().encrypt(secret.encode())
    webhook.save(update_fields=["sealed_secret"])
    _record(scope, webhook, at, verb="rotate_secret", said=f"The secret of the webhook {webhook.name} was replaced.")
    return webhook, secret


@governed("webhooks.remove", subject="webhook_id")
def remove_webhook(*, scope: Scope, webhook_id: UUID, at: datetime) -> Webhook:
    """Tell it nothing any more and forget its secret; the log stays. Raises `NotAllowed`, `NotFound`."""
    _demand(scope, to="remove a webhook")
    webhook = _locked(scope, webhook_id)
    webhook.removed_at, webhook.sealed_secret = at, b""
    webhook.save(update_fields=["removed_at", "sealed_secret"])
    _record(scope, webhook, at, verb="remove", said=f"The webhook {webhook.name} to {host_of(webhook)} was removed.")
    return webhook


@governed("webhooks.send_test", subject="webhook_id")
def send_test(*, scope: Scope, webhook_id: UUID, at: datetime) -> WebhookDelivery:
    """Send a test event to one webhook. Raises `NotAllowed`, `NotFound`, `IsDisabled`."""
    _demand(scope, to="test a webhook")
    webhook = _enabled(_locked(scope, webhook_id))
    body = _body(
        scope=scope, event=TEST, subject=webhook.name, data={"asked_by": scope.actor.name}, id=new_id(at), at=at
    )
    return _queued(scope=scope, webhook=webhook, event=TEST, event_id=body[0], body=body[1], at=at)


@governed("webhooks.send_again", subject="delivery_id")
def send_again(*, scope: Scope, delivery_id: UUID, at: datetime) -> WebhookDelivery:
    """Send a delivery once more, the same bytes under the same id. Raises `NotAllowed`, `NotFound`, `IsDisabled`."""
    _demand(scope, to="send it again")
    rows = WebhookDelivery.objects.select_for_update(of=("self",)).select_related("webhook")
    delivery = rows.filter(tenant_id=scope.tenant_id, id=delivery_id, webhook__removed_at=None).first()
    if delivery is None:
        raise NotFound("There is no such delivery. The webhook's log shows those there are.")
    _enabled(delivery.webhook)
    delivery.state, delivery.attempts, delivery.next_try_at = DeliveryState.QUEUED, 0, at + LOST_AFTER
    delivery.save(update_fields=["state", "attempts", "next_try_at"])
    send(delivery)
    return delivery


def emit(*, scope: Scope, event: str, subject: str, data: Mapping[str, Any], at: datetime) -> int:
    """Tell every webhook that asked for `event`, inside the caller's tenant transaction; returns how many.

    `subject` is what it is about as people call it, `data` facts without secrets (JSON).
    """
    rows = Webhook.objects.filter(tenant_id=scope.tenant_id, removed_at=None, disabled_at=None)
    webhooks = [webhook for webhook in rows.order_by("id") if matches(webhook.events, event)]
    if webhooks:
        event_id, body = _body(scope=scope, event=event, subject=subject, data=data, id=new_id(at), at=at)
        for webhook in webhooks:
            _queued(scope=scope, webhook=webhook, event=event, event_id=event_id, body=body, at=at)
    return len(webhooks)


def send(delivery: WebhookDelivery) -> None:
    """Put a message into the queue for the delivery's next attempt; it appears with the commit."""
    name = f"webhook: {delivery.event}"
    async_task(DELIVER, str(delivery.id), str(delivery.tenant_id), delivery.attempts, task_name=name)


def secret_of(webhook: Webhook) -> str:
    """The webhook's secret, for signing. Raises `SecretUnreadable`."""
    try:
        return _box().decrypt(bytes(webhook.sealed_secret)).decode()
    except InvalidToken:
        raise SecretUnreadable(
            "The installation's key file does not open this webhook's secret. Restore TARS_SEALING_KEYS, or rotate the secret."
        ) from None


def host_of(webhook: Webhook) -> str:
    """Where it goes, for sentences and the ledger: a path or query may hold a secret of the receiver's."""
    return urlsplit(webhook.url).netloc


def _body(
    *, scope: Scope, event: str, subject: str, data: Mapping[str, Any], id: UUID, at: datetime
) -> tuple[UUID, bytes]:
    document = {
        "id": str(id),
        "type": event,
        "at": at.astimezone(UTC).isoformat().replace("+00:00", "Z"),
        "tenant": str(scope.tenant_id),
        "subject": subject,
        "data": dict(data),
    }
    return id, canonical_bytes(document)


def _queued(
    *, scope: Scope, webhook: Webhook, event: str, event_id: UUID, body: bytes, at: datetime
) -> WebhookDelivery:
    delivery = WebhookDelivery.objects.create(
        id=new_id(at),
        tenant_id=scope.tenant_id,
        webhook=webhook,
        event=event,
        event_id=event_id,
        body=body,
        created_at=at,
        next_try_at=at + LOST_AFTER,
    )
    send(delivery)
    return delivery


def _demand(scope: Scope, *, to: str) -> None:
    scope.demand(Capability.MANAGE_PROGRAMS, to=to)


def _checked(*, name: str, events: Sequence[str]) -> list[str]:
    if not 1 <= len(name.strip()) <= 100:
        raise Invalid(
            "Give the webhook a name of up to 100 characters.", problems=(("/name", "is missing or too long"),)
        )
    if unknown := [event for event in events if event not in EVENTS]:
        known = ", ".join(EVENTS)
        raise Invalid(
            f"{unknown[0]} is no event. Known are {known}.", problems=(("/events", "holds an unknown event"),)
        )
    return [event for event in EVENTS if event in set(events)]


def _locked(scope: Scope, webhook_id: UUID) -> Webhook:
    rows = Webhook.objects.select_for_update(no_key=True)
    webhook = rows.filter(tenant_id=scope.tenant_id, id=webhook_id, removed_at=None).first()
    if webhook is None:
        raise NotFound("There is no such webhook. The list shows those there are.")
    return webhook


def _enabled(webhook: Webhook) -> Webhook:
    if webhook.disabled_at is not None:
        raise IsDisabled(f"The webhook {webhook.name} is off. Switch it on first.")
    return webhook


def _record(scope: Scope, webhook: Webhook, at: datetime, *, verb: str, said: str) -> None:
    ledger.append(
        scope=scope,
        at=at,
        event_type="program",
        action={
            "name": f"webhooks.{verb}",
            "subject": webhook.name,
            "host": host_of(webhook),
            "events": webhook.events,
            "is_enabled": webhook.disabled_at is None and webhook.removed_at is None,
        },
        explanation=said,
    )


def _box() -> MultiFernet:
    return MultiFernet([Fernet(key) for key in settings.SEALING_KEYS])
