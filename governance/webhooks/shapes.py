"""What the API says about webhooks; the schema is read off it."""

from __future__ import annotations

from rest_framework import serializers

from governance.rest import Body, Choice, Flag, Instant, Object, Query, Record, Text, Whole
from governance.webhooks.events import EVENTS
from governance.webhooks.models import DeliveryState


class Wish(Body):
    name = Text(max_length=100)
    url = Text(max_length=2000)
    events = serializers.ListField(child=Choice(list(EVENTS)), required=False, default=list)


class Change(Body):
    """What is left out stays as it is."""

    name = Text(max_length=100, required=False)
    url = Text(max_length=2000, required=False)
    events = serializers.ListField(child=Choice(list(EVENTS)), required=False)
    is_enabled = Flag(required=False)


class Webhook(Record):
    """A webhook and how its news fare. No events: it hears of everything."""

    id = serializers.UUIDField()
    name = Text()
    url = Text()
    events = serializers.ListField(child=Text())
    is_enabled = Flag()
    disabled_because = Text(allow_blank=True)
    created_by = Text()
    created_at = Instant()
    delivered = Whole()
    waiting = Whole()
    failed = Whole()
    last_delivered_at = Instant(allow_null=True)


class WebhookSecret(Webhook):
    """With the secret, which is given this once."""

    secret = Text()


class DeliveryQuery(Query):
    state = Choice(DeliveryState.values, required=False, allow_blank=True)


class Delivery(Record):
    id = serializers.UUIDField()
    event = Text()
    event_id = serializers.UUIDField()
    state = Choice(DeliveryState.values)
    attempts = Whole()
    next_try_at = Instant(allow_null=True)
    last_status = Whole(allow_null=True)
    last_error = Text(allow_blank=True)
    last_ms = Whole(allow_null=True)
    created_at = Instant()
    delivered_at = Instant(allow_null=True)
    body = Object()
