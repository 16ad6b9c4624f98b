from __future__ import annotations

from django.db import models

from governance.rows import TenantRow, reference


class Webhook(TenantRow):
    """Where news goes. `sealed_secret` is opened by the installation's key file only; a removed webhook has none."""

    name = models.TextField()
    url = models.TextField()
    events = models.JSONField(default=list, help_text="event names; an empty list means every event")
    sealed_secret = models.BinaryField()
    created_by = models.TextField()
    created_at = models.DateTimeField()
    enabled_at = models.DateTimeField(help_text="since when failures count")
    disabled_at = models.DateTimeField(null=True)
    disabled_because = models.TextField(default="")
    removed_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "webhooks"

    def __str__(self) -> str:
        return self.name


class DeliveryState(models.TextChoices):
    QUEUED = "queued", "Waits"
    DELIVERED = "delivered", "Delivered"
    FAILED = "failed", "Given up"


class WebhookDelivery(TenantRow):
    """One piece of news on its way to one webhook. `body` is sent byte for byte and never changes."""

    webhook = reference("governance.Webhook", related_name="deliveries")
    event = models.TextField()
    event_id = models.UUIDField()
    body = models.BinaryField()
    state = models.TextField(choices=DeliveryState.choices, default=DeliveryState.QUEUED)
    attempts = models.PositiveSmallIntegerField(default=0)
    next_try_at = models.DateTimeField(null=True)
    last_status = models.PositiveSmallIntegerField(null=True)
    last_error = models.TextField(default="")
    last_ms = models.PositiveIntegerField(null=True)
    created_at = models.DateTimeField()
    delivered_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "webhook_deliveries"
        verbose_name_plural = "webhook deliveries"
        constraints = [
            models.UniqueConstraint(fields=["tenant", "webhook", "event_id"], name="webhook_deliveries_once"),
            models.CheckConstraint(condition=models.Q(state__in=DeliveryState.values), name="webhook_deliveries_state"),
        ]
        indexes = [
            models.Index(fields=["tenant", "webhook", "-id"], name="webhook_deliveries_recent"),
            models.Index(
                fields=["tenant", "next_try_at"], condition=models.Q(state="queued"), name="webhook_deliveries_due"
            ),
        ]
