from __future__ import annotations

from django.contrib.postgres.fields import ArrayField
from django.db import models

from governance.rows import TenantRow, reference


class AssetType(models.TextChoices):
    COMPUTE = "compute", "Compute"
    STORAGE = "storage", "Storage"
    BANDWIDTH = "bandwidth", "Bandwidth"
    API_ACCESS = "api_access", "API access"


class Ownership(models.TextChoices):
    PERSONAL = "personal", "Personal"
    SHARED = "shared", "Shared"
    DELEGATED = "delegated", "Delegated"
    PUBLIC = "public", "Public"


class Fallback(models.TextChoices):
    EQUAL_SHARES = "equal_shares", "Equal shares"
    PRIORITY_QUEUE = "priority_queue", "Priority queue"
    AUCTION = "auction", "Auction"


class Asset(TenantRow):
    """Something several parties use. `owner` is the party whose personal constitution rules a personal asset."""

    name = models.TextField()
    asset_type = models.TextField(choices=AssetType.choices)
    ownership_model = models.TextField(choices=Ownership.choices)
    owner = models.TextField(default="", blank=True)
    parties = ArrayField(models.TextField(), default=list, blank=True)
    requires_consensus = models.BooleanField(default=False)
    fallback_allocation = models.TextField(choices=Fallback.choices, default=Fallback.EQUAL_SHARES)
    externality_pricing = models.DecimalField(max_digits=18, decimal_places=6, null=True, blank=True)
    usage_cap_per_user = models.PositiveIntegerField(null=True, blank=True)
    usage_cap_per_hour = models.PositiveIntegerField(null=True, blank=True)
    is_contested = models.BooleanField(default=False)
    mediator = models.TextField(default="", blank=True)
    created_at = models.DateTimeField(editable=False)
    created_by = models.TextField(editable=False)
    retired_at = models.DateTimeField(null=True, editable=False)

    class Meta:
        db_table = "assets"
        constraints = [
            models.UniqueConstraint(fields=["tenant", "name"], name="assets_name_in_tenant"),
            models.CheckConstraint(condition=models.Q(asset_type__in=AssetType.values), name="assets_type"),
            models.CheckConstraint(condition=models.Q(ownership_model__in=Ownership.values), name="assets_ownership"),
            models.CheckConstraint(condition=models.Q(fallback_allocation__in=Fallback.values), name="assets_fallback"),
            models.CheckConstraint(condition=~models.Q(name=""), name="assets_named"),
            models.CheckConstraint(
                condition=~models.Q(ownership_model=Ownership.PERSONAL) | ~models.Q(owner=""), name="assets_owned"
            ),
        ]

    def __str__(self) -> str:
        return self.name


class MandateEffect(models.TextChoices):
    PERMITS = "permits", "Permits"
    FORBIDS = "forbids", "Forbids"
    REQUIRES_APPROVAL = "requires_approval", "Requires approval"


class Mandate(TenantRow):
    """What a group decided about one asset: for these actions, by this authority, until it expires or is revoked."""

    asset = reference("governance.Asset", related_name="mandates")
    effect = models.TextField(choices=MandateEffect.choices)
    actions = ArrayField(models.TextField())
    condition = models.TextField(
        default="", blank=True, help_text="a body in the rules' text format, e.g. amount <= 100"
    )
    authority = models.TextField()
    issued_at = models.DateTimeField()
    issued_by = models.TextField()
    expires_at = models.DateTimeField()
    revocation_conditions = ArrayField(models.TextField(), default=list)
    revoked_at = models.DateTimeField(null=True)
    revoked_by = models.TextField(default="")
    revoked_because = models.TextField(default="")
    met_condition = models.TextField(default="", help_text="which of its revocation conditions was met, if one was")

    class Meta:
        db_table = "mandates"
        constraints = [
            models.CheckConstraint(condition=models.Q(effect__in=MandateEffect.values), name="mandates_effect"),
            models.CheckConstraint(condition=models.Q(expires_at__gt=models.F("issued_at")), name="mandates_expire"),
        ]
        indexes = [models.Index(fields=["tenant", "asset", "-issued_at"], name="mandates_of_asset")]

    def __str__(self) -> str:
        return f"{self.authority} {self.effect}"


class AssetUse(TenantRow):
    """One use, for the caps. Append-only."""

    asset = reference("governance.Asset")
    used_by = models.TextField()
    amount = models.PositiveIntegerField(default=1)
    at = models.DateTimeField()

    class Meta:
        db_table = "asset_uses"
        indexes = [
            models.Index(fields=["tenant", "asset", "at"], name="asset_uses_by_time"),
            models.Index(fields=["tenant", "asset", "used_by", "at"], name="asset_uses_by_user"),
        ]
