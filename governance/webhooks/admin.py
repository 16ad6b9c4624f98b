from __future__ import annotations

from urllib.parse import urlsplit

from django.contrib import admin
from django.urls import reverse

from governance.admin_base import TenantAdmin
from governance.webhooks.models import Webhook, WebhookDelivery


@admin.register(Webhook)
class WebhookAdmin(TenantAdmin):
    """Where news goes, to look at. An address may hold a key of the other side, so only its host is shown."""

    list_display = ("name", "host", "created_by", "created_at", "disabled_at", "removed_at")
    list_filter = (("disabled_at", admin.EmptyFieldListFilter), ("removed_at", admin.EmptyFieldListFilter))
    search_fields = ("name", "created_by")
    ordering = ("-id",)
    fields = (
        "name",
        "host",
        "events",
        "created_by",
        "created_at",
        "enabled_at",
        "disabled_at",
        "disabled_because",
        "removed_at",
    )
    unread = ("sealed_secret",)

    @admin.display(description="Host")
    def host(self, webhook: Webhook) -> str:
        return urlsplit(webhook.url).hostname or ""

    def in_app(self, obj: Webhook) -> str | None:
        return None if obj.removed_at else reverse("webhooks:detail", kwargs={"webhook_id": obj.id})


@admin.register(WebhookDelivery)
class WebhookDeliveryAdmin(TenantAdmin):
    """Each piece of news on its way; its text is on its page."""

    list_display = ("event", "webhook", "state", "attempts", "last_status", "created_at", "delivered_at")
    list_filter = ("state", "event")
    list_select_related = ("webhook",)
    search_fields = ("webhook__name", "event", "last_error")
    ordering = ("-id",)
    unread = ("body",)

    def in_app(self, obj: WebhookDelivery) -> str | None:
        if obj.webhook.removed_at:
            return None
        return reverse("webhooks:delivery", kwargs={"webhook_id": obj.webhook_id, "delivery_id": obj.id})
