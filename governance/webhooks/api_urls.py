from __future__ import annotations

from governance.rest import route
from governance.webhooks import api

_ONE = "webhooks/<uuid:webhook_id>/"
_DELIVERY = f"{_ONE}deliveries/<uuid:delivery_id>/"

urlpatterns = [
    *route("webhooks/", api.Webhooks, name="api-webhooks"),
    *route(_ONE, api.OneWebhook, name="api-webhook"),
    *route(f"{_ONE}rotate_secret/", api.RotateSecret, name="api-webhook-rotate_secret"),
    *route(f"{_ONE}test/", api.Test, name="api-webhook-test"),
    *route(f"{_ONE}deliveries/", api.Deliveries, name="api-webhook-deliveries"),
    *route(_DELIVERY, api.OneDelivery, name="api-webhook-delivery"),
    *route(f"{_DELIVERY}send_again/", api.SendAgain, name="api-webhook-send_again"),
]
