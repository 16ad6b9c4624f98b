from __future__ import annotations

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models.functions import Now
from pgvector.django import VectorField

from governance.rows import TenantRow, reference


class RoutingRule(TenantRow):
    """Requests like `request_pattern` go to `recommended_system` (seeds/004 7); then to `alternative_systems`, in order.

    `request_embedding` is of the model that `embedding_model` names; "" and null: not embedded yet. `action` is what such
    a request asks the system to do; "" leaves it to the request's words.
    """

    request_pattern = models.TextField()
    request_embedding = VectorField(null=True, editable=False)
    embedding_model = models.TextField(default="", editable=False)
    recommended_system = reference("governance.System")
    alternative_systems = ArrayField(models.UUIDField(), default=list, db_default=[])
    action = models.TextField(default="", blank=True)
    based_on_executions = models.IntegerField(default=0, db_default=0)
    success_rate = models.DecimalField(max_digits=5, decimal_places=4, null=True)
    avg_cost_usd = models.DecimalField(max_digits=18, decimal_places=6, null=True)
    avg_duration_ms = models.IntegerField(null=True)
    confidence_score = models.DecimalField(max_digits=5, decimal_places=4)
    last_validated = models.DateTimeField(db_default=Now())
    created_at = models.DateTimeField(db_default=Now())
    auto_generated = models.BooleanField(default=True, db_default=True)
    created_by = models.TextField(null=True)
    is_active = models.BooleanField(default=True, db_default=True)
    updated_at = models.DateTimeField()
    updated_by = models.TextField(default="")

    class Meta:
        db_table = "routing_rules"
        constraints = [
            models.CheckConstraint(condition=models.Q(confidence_score__range=(0, 1)), name="routing_rules_confidence"),
            models.CheckConstraint(condition=models.Q(success_rate__range=(0, 1)), name="routing_rules_success"),
            models.CheckConstraint(condition=~models.Q(request_pattern=""), name="routing_rules_pattern"),
            models.CheckConstraint(
                condition=models.Q(request_embedding=None, embedding_model="")
                | (models.Q(request_embedding__isnull=False) & ~models.Q(embedding_model="")),
                name="routing_rules_model_named",
            ),
            models.UniqueConstraint(
                fields=["tenant", "request_pattern"],
                condition=models.Q(is_active=True),
                name="routing_rules_active_once",
            ),
        ]
        indexes = [
            models.Index(
                fields=["tenant", "embedding_model"], condition=models.Q(is_active=True), name="routing_rules_live"
            )
        ]

    def __str__(self) -> str:
        return self.request_pattern


class NextVector(TenantRow):
    """A vector of the model that a tenant is being switched to, until all are there and take their places at once.

    `kind`: rule, system. `said` is the digest of the text that was embedded: what was written anew meanwhile is embedded again.
    """

    kind = models.TextField()
    subject_id = models.UUIDField()
    said = models.TextField()
    model = models.TextField()
    vector = VectorField()

    class Meta:
        db_table = "next_vectors"
        constraints = [
            models.UniqueConstraint(fields=["tenant", "kind", "subject_id"], name="next_vectors_one_each"),
        ]
