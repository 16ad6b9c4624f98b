from __future__ import annotations

from decimal import Decimal

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models.functions import Now
from pgvector.django import VectorField

from governance.rows import TenantRow, reference


class SystemType(models.TextChoices):
    AGENT = "agent", "Agent"
    PRODUCT = "product", "Product"
    COMPONENT = "component", "Component"
    UTILITY = "utility", "Utility"


class Deployment(models.TextChoices):
    N8N = "n8n", "n8n"
    FASTAPI = "fastapi", "FastAPI"
    VERCEL = "vercel", "Vercel"
    LAMBDA = "lambda", "Lambda"
    LOCAL = "local", "Local"


class Status(models.TextChoices):
    ACTIVE = "active", "Active"
    DEPRECATED = "deprecated", "Deprecated"
    MAINTENANCE = "maintenance", "Maintenance"
    ARCHIVED = "archived", "Archived"


class Lifecycle(models.TextChoices):
    HOT = "HOT", "Hot"
    WARM = "WARM", "Warm"
    COLD = "COLD", "Cold"
    ARCHIVED = "ARCHIVED", "Archived"
    PRUNED = "PRUNED", "Pruned"


class System(TenantRow):
    """A governed system (seeds/004 8). `constitution`, `version`, `capabilities` follow from the latest `SystemVersion`."""

    name = models.TextField()
    type = models.TextField(choices=SystemType.choices)
    description = models.TextField(default="", blank=True)
    version = models.TextField(default="1.0.0", db_default="1.0.0", editable=False)
    capabilities = ArrayField(models.TextField(), default=list, editable=False)
    capabilities_embedding = VectorField(null=True, editable=False)
    capabilities_embedding_model = models.TextField(default="", db_default="", editable=False)
    capabilities_embedding_version = models.IntegerField(
        null=True, editable=False, help_text="the constitution's version that was embedded"
    )
    constitution = models.JSONField(editable=False)
    constitution_version = models.IntegerField(default=1, editable=False)
    total_executions = models.IntegerField(default=0, db_default=0, editable=False)
    successful_executions = models.IntegerField(default=0, db_default=0, editable=False)
    avg_cost_usd = models.DecimalField(
        max_digits=18, decimal_places=6, default=Decimal(0), db_default=0, editable=False
    )
    avg_execution_time_ms = models.IntegerField(default=0, db_default=0, editable=False)
    avg_user_satisfaction = models.DecimalField(max_digits=3, decimal_places=2, null=True, editable=False)
    deployment_type = models.TextField(choices=Deployment.choices, null=True, blank=True)
    endpoint_url = models.TextField(null=True, blank=True)
    api_key_required = models.BooleanField(default=True, db_default=True)
    depends_on = ArrayField(models.UUIDField(), default=list, editable=False)
    reverse_dependencies = ArrayField(models.UUIDField(), default=list, editable=False)
    status = models.TextField(choices=Status.choices, default=Status.ACTIVE, db_default=Status.ACTIVE.value)
    lifecycle_state = models.TextField(
        choices=Lifecycle.choices, default=Lifecycle.HOT, db_default=Lifecycle.HOT.value, editable=False
    )
    last_accessed_at = models.DateTimeField(db_default=Now(), editable=False)
    access_count = models.IntegerField(default=0, db_default=0, editable=False)
    archived_at = models.DateTimeField(null=True, editable=False)
    created_at = models.DateTimeField(db_default=Now(), editable=False)
    updated_at = models.DateTimeField(db_default=Now(), editable=False)
    created_by = models.TextField(null=True, editable=False)
    documentation_url = models.TextField(null=True, blank=True)
    github_repo = models.TextField(null=True, blank=True)

    class Meta:
        db_table = "systems"
        constraints = [
            models.UniqueConstraint(fields=["tenant", "name"], name="systems_name_in_tenant"),
            models.CheckConstraint(condition=models.Q(type__in=SystemType.values), name="systems_type"),
            models.CheckConstraint(
                condition=models.Q(deployment_type__in=Deployment.values), name="systems_deployment_type"
            ),
            models.CheckConstraint(condition=models.Q(status__in=Status.values), name="systems_status"),
            models.CheckConstraint(
                condition=models.Q(lifecycle_state__in=Lifecycle.values), name="systems_lifecycle_state"
            ),
            models.CheckConstraint(
                condition=models.Q(
                    total_executions__gte=models.F("successful_executions"), successful_executions__gte=0
                ),
                name="systems_executions",
            ),
            models.CheckConstraint(
                condition=models.Q(avg_user_satisfaction__range=(1, 5)), name="systems_satisfaction"
            ),
            models.CheckConstraint(condition=~models.Q(name=""), name="systems_named"),
        ]

    def __str__(self) -> str:
        return self.name


class Cause(models.TextChoices):
    REGISTERED = "registered", "Registered"
    AMENDMENT = "amendment", "Amendment"
    ROLLBACK = "rollback", "Rollback"


class SystemVersion(TenantRow):
    """One version of one constitution, as the RFC 8785 bytes that `digest` names. Append-only."""

    system = reference("governance.System", related_name="versions")
    number = models.IntegerField()
    canonical = models.BinaryField()
    digest = models.TextField()
    cause = models.TextField(choices=Cause.choices)
    amendment = reference("governance.ConstitutionalAmendment", null=True)
    at = models.DateTimeField()
    by = models.TextField()

    class Meta:
        db_table = "system_versions"
        constraints = [
            models.UniqueConstraint(fields=["tenant", "system", "number"], name="system_versions_gapless"),
            models.CheckConstraint(condition=models.Q(number__gte=1), name="system_versions_start_at_one"),
            models.CheckConstraint(condition=models.Q(cause__in=Cause.values), name="system_versions_cause"),
            models.CheckConstraint(
                condition=models.Q(cause=Cause.REGISTERED, amendment=None, number=1)
                | (~models.Q(cause=Cause.REGISTERED) & ~models.Q(amendment=None) & models.Q(number__gt=1)),
                name="system_versions_cause_named",
            ),
        ]
        indexes = [models.Index(fields=["tenant", "system", "at"], name="system_versions_at")]
