from __future__ import annotations

from decimal import Decimal

from django.db import models
from django.db.models.functions import Now

from governance.rows import TenantRow


class Tier(models.TextChoices):
    STARTER = "starter", "Starter"
    PRO = "pro", "Pro"
    ENTERPRISE = "enterprise", "Enterprise"


# seeds/004 9: a tier's limits unless the contract says otherwise: (users, USD a month)
TIER_LIMITS = {
    Tier.STARTER: (10, Decimal("1000.00")),
    Tier.PRO: (50, Decimal("2500.00")),
    Tier.ENTERPRISE: (500, Decimal("25000.00")),
}


class Tenant(models.Model):
    """A customer (seeds/004 9). Its own id is its wall: the row is visible only inside the tenant or to its members."""

    id = models.UUIDField(primary_key=True, editable=False)
    name = models.TextField()
    domain = models.TextField(unique=True, null=True, blank=True)
    subscription_tier = models.TextField(choices=Tier.choices, default=Tier.STARTER, db_default=Tier.STARTER.value)
    max_users = models.IntegerField(default=10, db_default=10)
    max_monthly_budget = models.DecimalField(
        max_digits=18, decimal_places=2, default=Decimal("1000.00"), db_default=1000
    )
    created_at = models.DateTimeField(db_default=Now())
    is_active = models.BooleanField(default=True, db_default=True)
    retention_years = models.PositiveSmallIntegerField(default=7, db_default=7)
    is_demo = models.BooleanField(default=False, db_default=False, editable=False)
    deactivated_at = models.DateTimeField(null=True, editable=False)
    deactivated_because = models.TextField(default="", db_default="", editable=False)

    class Meta:
        db_table = "tenants"
        constraints = [
            models.CheckConstraint(condition=models.Q(subscription_tier__in=Tier.values), name="tenants_tier"),
            models.CheckConstraint(condition=models.Q(max_users__gte=1), name="tenants_max_users"),
            models.CheckConstraint(condition=models.Q(max_monthly_budget__gte=0), name="tenants_budget"),
            models.CheckConstraint(condition=models.Q(retention_years__range=(1, 100)), name="tenants_retention"),
            models.CheckConstraint(condition=~models.Q(name=""), name="tenants_named"),
        ]

    def __str__(self) -> str:
        return self.name


class Counter(TenantRow):
    """The last short number given out, per tenant and series (`AMD`)."""

    series = models.TextField()
    value = models.BigIntegerField(default=0)

    class Meta:
        db_table = "counters"
        constraints = [models.UniqueConstraint(fields=["tenant", "series"], name="counters_one_each")]
