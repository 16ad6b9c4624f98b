"""Webhooks over REST, for who manages programs."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.urls import reverse
from rest_framework.request import Request
from rest_framework.response import Response

from governance.outbound import AddressRefused
from governance.rest import Face, endpoint, paged, paging, unknown_cursor
from governance.scope import Scope
from governance.web import now, reading
from governance.webhooks import actions, queries, shapes

_DELIVERY = (
    "event", "event_id", "state", "attempts", "next_try_at", "last_status", "last_error", "last_ms", "created_at",
    "delivered_at", "body",
)  # fmt: skip


class Webhooks(Face):
    @endpoint(gives=shapes.Webhook, is_paged=True)
    def get(self, request: Request) -> Response:
        """Webhooks by name. A tenant has so few that one page holds them."""
        paging(request)
        rows = queries.webhooks(scope=self.scope(request))
        return paged(request, [_record(row) for row in rows], next_after=None)

    @endpoint(gives=shapes.WebhookSecret, status=201, takes=shapes.Wish, problems=(AddressRefused, actions.TooMany))
    def post(self, request: Request, body: dict[str, Any]) -> Response:
        """Add a webhook. The answer holds its secret, this once."""
        scope = self.scope(request)
        webhook, secret = actions.add_webhook(scope=scope, at=now(), **body)
        address = reverse("api-webhook", kwargs={"webhook_id": webhook.id})
        return _answered(request, scope, webhook.id, status=201, secret=secret, headers={"Location": address})


class OneWebhook(Face):
    @endpoint(gives=shapes.Webhook)
    def get(self, request: Request, webhook_id: UUID) -> Response:
        """One webhook."""
        return Response(_record(queries.found_webhook(scope=self.scope(request), webhook_id=webhook_id)))

    @endpoint(gives=shapes.Webhook, takes=shapes.Change, problems=(AddressRefused,))
    def patch(self, request: Request, webhook_id: UUID, body: dict[str, Any]) -> Response:
        """Change what is given; `is_enabled` switches it on and off."""
        scope = self.scope(request)
        with reading(request._request):
            row = queries.found_webhook(scope=scope, webhook_id=webhook_id)
        before: dict[str, Any] = {"name": row.name, "url": row.url, "events": row.events, "is_enabled": row.is_enabled}
        actions.change_webhook(scope=scope, webhook_id=webhook_id, at=now(), **before | body)
        return _answered(request, scope, webhook_id)

    @endpoint(gives=None, status=204)
    def delete(self, request: Request, webhook_id: UUID) -> Response:
        """Remove it; its log stays."""
        actions.remove_webhook(scope=self.scope(request), webhook_id=webhook_id, at=now())
        return Response(status=204)


class RotateSecret(Face):
    @endpoint(gives=shapes.WebhookSecret)
    def post(self, request: Request, webhook_id: UUID) -> Response:
        """Replace the secret; the answer holds the new one, this once."""
        scope = self.scope(request)
        _, secret = actions.rotate_secret(scope=scope, webhook_id=webhook_id, at=now())
        return _answered(request, scope, webhook_id, secret=secret)


class Test(Face):
    @endpoint(gives=shapes.Delivery, status=202, problems=(actions.IsDisabled,))
    def post(self, request: Request, webhook_id: UUID) -> Response:
        """Send a test event; the delivery says how it fares."""
        scope = self.scope(request)
        made = actions.send_test(scope=scope, webhook_id=webhook_id, at=now())
        return _delivered(request, scope, webhook_id, made.id)


class Deliveries(Face):
    @endpoint(gives=shapes.Delivery, query=shapes.DeliveryQuery, is_paged=True)
    def get(self, request: Request, webhook_id: UUID, asked: dict[str, Any]) -> Response:
        """The webhook's log, newest first."""
        scope = self.scope(request)
        queries.found_webhook(scope=scope, webhook_id=webhook_id)
        limit, after = paging(request)
        rows = queries.log_of(scope=scope, webhook_id=webhook_id, **asked)
        if after:
            rows = rows.filter(id__lt=_id(after))
        found = queries.deliveries(rows[: limit + 1])
        results = [_delivery_record(one) for one in found[:limit]]
        return paged(request, results, next_after=str(found[limit - 1].id) if len(found) > limit else None)


class OneDelivery(Face):
    @endpoint(gives=shapes.Delivery)
    def get(self, request: Request, webhook_id: UUID, delivery_id: UUID) -> Response:
        """One delivery."""
        scope = self.scope(request)
        return Response(
            _delivery_record(queries.found_delivery(scope=scope, webhook_id=webhook_id, delivery_id=delivery_id))
        )


class SendAgain(Face):
    @endpoint(gives=shapes.Delivery, status=202, problems=(actions.IsDisabled,))
    def post(self, request: Request, webhook_id: UUID, delivery_id: UUID) -> Response:
        """Send it once more, the same bytes under the same id."""
        scope = self.scope(request)
        with reading(request._request):
            queries.found_delivery(scope=scope, webhook_id=webhook_id, delivery_id=delivery_id)
        actions.send_again(scope=scope, delivery_id=delivery_id, at=now())
        return _delivered(request, scope, webhook_id, delivery_id)


def _answered(
    request: Request,
    scope: Scope,
    webhook_id: UUID,
    *,
    status: int = 200,
    secret: str = "",
    headers: dict[str, str] | None = None,
) -> Response:
    with reading(request._request):
        record = _record(queries.found_webhook(scope=scope, webhook_id=webhook_id))
    return Response(record | ({"secret": secret} if secret else {}), status=status, headers=headers)


def _delivered(request: Request, scope: Scope, webhook_id: UUID, delivery_id: UUID) -> Response:
    where = {"webhook_id": webhook_id, "delivery_id": delivery_id}
    with reading(request._request):
        record = _delivery_record(queries.found_delivery(scope=scope, **where))
    return Response(record, status=202, headers={"Location": reverse("api-webhook-delivery", kwargs=where)})


def _record(row: queries.Row) -> dict[str, Any]:
    names = ("name", "url", "events", "is_enabled", "disabled_because", "created_by", "created_at")
    figures = ("delivered", "waiting", "failed", "last_delivered_at")
    return {"id": str(row.id), **{name: getattr(row, name) for name in (*names, *figures)}}


def _delivery_record(one: queries.Delivery) -> dict[str, Any]:
    record = {name: getattr(one, name) for name in _DELIVERY}
    return {"id": str(one.id), **record, "event_id": str(one.event_id)}


def _id(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError:
        raise unknown_cursor() from None
