from __future__ import annotations

from decimal import Decimal

from django.db import models
from django.db.models.functions import Now

from governance.rows import TenantRow


class ResourceType(models.TextChoices):
    LLM_TOKENS = "llm_tokens", "LLM tokens"
    COMPUTE_HOURS = "compute_hours", "Compute hours"
    API_CALLS = "api_calls", "API calls"
    STORAGE_GB = "storage_gb", "Storage (GB)"
    USD_BUDGET = "usd_budget", "Dollars"


class WindowType(models.TextChoices):
    HOURLY = "hourly", "Hourly"
    DAILY = "daily", "Daily"
    WEEKLY = "weekly", "Weekly"
    MONTHLY = "monthly", "Monthly"


def _amount(**options: object) -> models.DecimalField:
    return models.DecimalField(max_digits=24, decimal_places=6, **options)  # type: ignore[arg-type]


class Resource(TenantRow):
    """A budget of one type for one window (seeds/004 6)."""

    resource_type = models.TextField(choices=ResourceType.choices)
    window_type = models.TextField(choices=WindowType.choices)
    window_start = models.DateTimeField()
    window_end = models.DateTimeField()
    total_budget = _amount()
    used = _amount(default=Decimal(0), db_default=0)
    reserved = _amount(default=Decimal(0), db_default=0)
    available = models.GeneratedField(
        expression=models.F("total_budget") - models.F("used") - models.F("reserved"),
        output_field=_amount(),
        db_persist=True,
    )
    system_quotas = models.JSONField(default=dict)
    alert_threshold = models.DecimalField(
        max_digits=4, decimal_places=3, default=Decimal("0.80"), db_default=Decimal("0.80")
    )
    alert_sent = models.BooleanField(default=False, db_default=False)
    created_at = models.DateTimeField(db_default=Now())
    updated_at = models.DateTimeField(db_default=Now())

    class Meta:
        db_table = "resources"
        constraints = [
            models.CheckConstraint(condition=models.Q(resource_type__in=ResourceType.values), name="resources_type"),
            models.CheckConstraint(condition=models.Q(window_type__in=WindowType.values), name="resources_window"),
            models.CheckConstraint(
                condition=models.Q(window_end__gt=models.F("window_start")), name="resources_interval"
            ),
            models.CheckConstraint(
                condition=models.Q(total_budget__gte=0, used__gte=0, reserved__gte=0, available__gte=0),
                name="resources_conserved",
            ),
            models.CheckConstraint(condition=models.Q(alert_threshold__range=(0, 1)), name="resources_threshold"),
            models.UniqueConstraint(
                fields=["tenant", "resource_type", "window_type", "window_start"], name="resources_one_each"
            ),
        ]
