"""One attempt to deliver: read, call outside any transaction, keep what came of it.

INVARIANTS: an attempt is numbered, so that a message that comes twice or late does nothing; two never run at once.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.db.models import Max, Min

from governance import outbound
from governance.errors import DomainError
from governance.locks import alone
from governance.notices.actions import tell
from governance.scope import Scope, tars_scope
from governance.tenancy import in_tenant
from governance.webhooks import audience, signature
from governance.webhooks.actions import LOST_AFTER, host_of, secret_of, send
from governance.webhooks.models import DeliveryState, Webhook, WebhookDelivery

Clock = Callable[[], datetime]
WAITS = (
    timedelta(seconds=10),
    timedelta(minutes=1),
    timedelta(minutes=5),
    timedelta(minutes=30),
    timedelta(hours=2),
    timedelta(hours=8),
)
"""After each failed attempt; the sweep that ends a wait comes once a minute. After the last one it is given up."""
PATIENCE = timedelta(days=3)
"""A webhook that got nothing through for so long is switched off."""
GONE = 410
AT_ONCE = 200
AGAIN_AT_ONCE = 5
"""Repeated attempts per webhook and minute: a receiver that swallows connections must not hold every worker."""


@dataclass(frozen=True, slots=True)
class _Outcome:
    is_delivered: bool
    status: int | None
    error: str
    ms: int | None


def deliver(*, tenant_id: UUID, delivery_id: UUID, attempt: int, clock: Clock) -> str:
    """Try once to deliver, as attempt number `attempt` (from 0); returns the state afterwards or why nothing was done."""
    with alone(delivery_id) as is_alone:
        if not is_alone:
            return "somebody has it"
        with in_tenant(tenant_id, durable=True):
            delivery = _read(tenant_id, delivery_id)
        if delivery is None or delivery.state != DeliveryState.QUEUED or delivery.attempts != attempt:
            return "nothing to do"
        outcome = _called(delivery, at=clock()) if _is_wanted(delivery.webhook) else _unwanted()
        return _kept(delivery, outcome, at=clock())


def wake_due(*, tenant_id: UUID, at: datetime) -> int:
    """Put a message into the queue for every delivery whose wait is over; returns how many."""
    with in_tenant(tenant_id, durable=True):
        rows = WebhookDelivery.objects.select_for_update(skip_locked=True)
        due = rows.filter(tenant_id=tenant_id, state=DeliveryState.QUEUED, next_try_at__lte=at)
        found = _fair(due.order_by("next_try_at", "id")[:AT_ONCE])
        for delivery in found:
            delivery.next_try_at = at + LOST_AFTER
            delivery.save(update_fields=["next_try_at"])
            send(delivery)
    return len(found)


def _fair(due: Iterable[WebhookDelivery]) -> list[WebhookDelivery]:
    """All first attempts, and of the repeated ones only so many for each webhook; the rest is due again next time."""
    again: Counter[UUID] = Counter()
    found = []
    for delivery in due:
        again[delivery.webhook_id] += delivery.attempts > 0
        if delivery.attempts == 0 or again[delivery.webhook_id] <= AGAIN_AT_ONCE:
            found.append(delivery)
    return found


def headers_of(*, secret: str, event_id: UUID, body: bytes, at: datetime) -> dict[str, str]:
    """What a delivery carries beside its body; the timestamp is the attempt's, so that a receiver can refuse old ones."""
    id, timestamp = str(event_id), int(at.timestamp())
    return {
        "content-type": "application/json",
        "webhook-id": id,
        "webhook-timestamp": str(timestamp),
        "webhook-signature": signature.sign(secret=secret, id=id, timestamp=timestamp, body=body),
    }


def _read(tenant_id: UUID, delivery_id: UUID) -> WebhookDelivery | None:
    rows = WebhookDelivery.objects.select_related("webhook")
    return rows.filter(tenant_id=tenant_id, id=delivery_id).first()


def _is_wanted(webhook: Webhook) -> bool:
    return webhook.disabled_at is None and webhook.removed_at is None


def _unwanted() -> _Outcome:
    return _Outcome(False, None, "The webhook was switched off or removed before this was delivered.", None)


def _called(delivery: WebhookDelivery, *, at: datetime) -> _Outcome:
    body = bytes(delivery.body)
    try:
        secret = secret_of(delivery.webhook)
        headers = headers_of(secret=secret, event_id=delivery.event_id, body=body, at=at)
        answer = outbound.call("POST", delivery.webhook.url, content=body, headers=headers, most=1024)
    except DomainError as refusal:
        return _Outcome(False, None, refusal.sentence, None)
    is_delivered = 200 <= answer.status < 300
    error = "" if is_delivered else f"The receiver answered {answer.status}."
    return _Outcome(is_delivered, answer.status, error, answer.ms)


def _kept(delivery: WebhookDelivery, outcome: _Outcome, *, at: datetime) -> str:
    scope = tars_scope(delivery.tenant_id)
    with in_tenant(delivery.tenant_id, durable=True):
        # The webhook first, as every verb locks it first.
        webhook = Webhook.objects.select_for_update(no_key=True).get(
            tenant_id=delivery.tenant_id, id=delivery.webhook_id
        )
        rows = WebhookDelivery.objects.select_for_update().filter(tenant_id=delivery.tenant_id, id=delivery.id)
        current = rows.filter(state=DeliveryState.QUEUED, attempts=delivery.attempts).first()
        if current is None:
            return "nothing to do"
        current.attempts += 1
        current.last_status, current.last_error, current.last_ms = outcome.status, outcome.error, outcome.ms
        if outcome.is_delivered:
            current.state, current.next_try_at, current.delivered_at = DeliveryState.DELIVERED, None, at
        elif current.attempts > len(WAITS) or outcome.status == GONE or not _is_wanted(webhook):
            current.state, current.next_try_at = DeliveryState.FAILED, None
        else:
            current.next_try_at = at + WAITS[current.attempts - 1]
        current.save()
        if not outcome.is_delivered:
            _perhaps_off(scope, webhook, status=outcome.status, at=at)
        return current.state


def failing_since(webhook: Webhook) -> datetime | None:
    """Since when nothing gets through: the oldest undelivered news after the last delivered one."""
    rows = WebhookDelivery.objects.filter(
        tenant_id=webhook.tenant_id, webhook=webhook, created_at__gte=webhook.enabled_at
    )
    last = rows.aggregate(last=Max("delivered_at"))["last"]
    late = rows.filter(attempts__gt=0, delivered_at=None)
    if last is not None:
        late = late.filter(created_at__gt=last)
    found: datetime | None = late.aggregate(first=Min("created_at"))["first"]
    return found


def _perhaps_off(scope: Scope, webhook: Webhook, *, status: int | None, at: datetime) -> None:
    """Switch off a webhook whose receiver is gone, or gets nothing for days, and tell who manages it."""
    if webhook.disabled_at is not None or webhook.removed_at is not None:
        return
    since = failing_since(webhook)
    if status == GONE:
        why = "The receiver answered 410: it wants no more news."
    elif since is not None and at - since >= PATIENCE:
        why = f"Nothing got through for {PATIENCE.days} days."
    else:
        return
    webhook.disabled_at, webhook.disabled_because = at, why
    webhook.save(update_fields=["disabled_at", "disabled_because"])
    tell(
        scope=scope,
        user_ids=audience.managers(scope),
        kind="webhook",
        key=f"webhook:{webhook.id}:off:{at.isoformat()}",
        subject=webhook.name,
        sentence=f"The webhook {webhook.name} to {host_of(webhook)} was switched off. {why}",
        url=f"/webhooks/{webhook.id}/",
        at=at,
        is_urgent=True,
    )
