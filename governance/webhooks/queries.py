"""What the pages and the API show of webhooks and their log. For who manages programs: an address may hold a secret."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import Count, Max, Q, QuerySet

from governance.errors import NotFound
from governance.scope import Capability, Scope
from governance.webhooks.deliveries import failing_since
from governance.webhooks.events import EVENTS
from governance.webhooks.models import DeliveryState, Webhook, WebhookDelivery

TONES = {
    DeliveryState.QUEUED: ("accent", "◷"),
    DeliveryState.DELIVERED: ("tighten", "✓"),
    DeliveryState.FAILED: ("bad", "✕"),
}


@dataclass(frozen=True, slots=True)
class Row:
    """One webhook, with how its news fare."""

    id: UUID
    name: str
    url: str
    events: list[str]
    created_by: str
    created_at: datetime
    disabled_at: datetime | None
    disabled_because: str
    delivered: int
    waiting: int
    failed: int
    last_delivered_at: datetime | None
    failing_since: datetime | None = None

    @property
    def is_enabled(self) -> bool:
        return self.disabled_at is None

    @property
    def events_said(self) -> str:
        return ", ".join(self.events) if self.events else "every event"


@dataclass(frozen=True, slots=True)
class Delivery:
    """One line of the log, with its body."""

    id: UUID
    webhook_id: UUID
    webhook: str
    event: str
    event_id: UUID
    state: str
    state_label: str
    attempts: int
    next_try_at: datetime | None
    last_status: int | None
    last_error: str
    last_ms: int | None
    created_at: datetime
    delivered_at: datetime | None
    body: dict[str, Any]

    @property
    def tone(self) -> str:
        return TONES[DeliveryState(self.state)][0]

    @property
    def mark(self) -> str:
        return TONES[DeliveryState(self.state)][1]

    @property
    def can_send_again(self) -> bool:
        return self.state != DeliveryState.QUEUED or self.attempts > 0


def webhooks(*, scope: Scope) -> list[Row]:
    """The tenant's webhooks by name, in one query."""
    return [_row(webhook) for webhook in _counted(scope).order_by("name", "id")]


def found_webhook(*, scope: Scope, webhook_id: UUID) -> Row:
    """Raises `NotFound`."""
    webhook = _counted(scope).filter(id=webhook_id).first()
    if webhook is None:
        raise NotFound("There is no such webhook. The list shows those there are.")
    return _row(webhook, since=failing_since(webhook))


def log_of(*, scope: Scope, webhook_id: UUID, state: str = "") -> QuerySet[WebhookDelivery]:
    """The webhook's deliveries, newest first."""
    _demand(scope)
    rows = WebhookDelivery.objects.filter(tenant_id=scope.tenant_id, webhook_id=webhook_id).select_related("webhook")
    return (rows.filter(state=state) if state in DeliveryState.values else rows).order_by("-id")


def deliveries(rows: Iterable[WebhookDelivery]) -> list[Delivery]:
    return [_delivery(row) for row in rows]


def found_delivery(*, scope: Scope, webhook_id: UUID, delivery_id: UUID) -> Delivery:
    """Raises `NotFound`."""
    row = log_of(scope=scope, webhook_id=webhook_id).filter(id=delivery_id).first()
    if row is None:
        raise NotFound("There is no such delivery. The webhook's log shows those there are.")
    return _delivery(row)


def event_choices() -> list[tuple[str, str]]:
    return [(name, f"{name}: {said}") for name, said in EVENTS.items()]


def _demand(scope: Scope) -> None:
    scope.demand(Capability.MANAGE_PROGRAMS, to="see webhooks")


def _counted(scope: Scope) -> QuerySet[Any]:
    _demand(scope)
    rows = Webhook.objects.filter(tenant_id=scope.tenant_id, removed_at=None)
    return rows.annotate(
        delivered=Count("deliveries", filter=Q(deliveries__state=DeliveryState.DELIVERED)),
        waiting=Count("deliveries", filter=Q(deliveries__state=DeliveryState.QUEUED)),
        failed=Count("deliveries", filter=Q(deliveries__state=DeliveryState.FAILED)),
        last_delivered_at=Max("deliveries__delivered_at"),
    )


def _row(webhook: Any, *, since: datetime | None = None) -> Row:
    return Row(
        id=webhook.id,
        name=webhook.name,
        url=webhook.url,
        events=webhook.events,
        created_by=webhook.created_by,
        created_at=webhook.created_at,
        disabled_at=webhook.disabled_at,
        disabled_because=webhook.disabled_because,
        delivered=webhook.delivered,
        waiting=webhook.waiting,
        failed=webhook.failed,
        last_delivered_at=webhook.last_delivered_at,
        failing_since=since,
    )


def _delivery(row: WebhookDelivery) -> Delivery:
    return Delivery(
        id=row.id,
        webhook_id=row.webhook_id,
        webhook=row.webhook.name,
        event=row.event,
        event_id=row.event_id,
        state=row.state,
        state_label=DeliveryState(row.state).label,
        attempts=row.attempts,
        next_try_at=row.next_try_at,
        last_status=row.last_status,
        last_error=row.last_error,
        last_ms=row.last_ms,
        created_at=row.created_at,
        delivered_at=row.delivered_at,
        body=json.loads(bytes(row.body)),
    )
