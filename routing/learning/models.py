from __future__ import annotations

from django.contrib.postgres.fields import ArrayField
from django.db import models
from pgvector.django import VectorField

from governance.rows import TenantRow, reference


class State(models.TextChoices):
    WAITING = "waiting", "Waits for review"
    ACCEPTED = "accepted", "Accepted"
    REFUSED = "refused", "Refused"
    WITHDRAWN = "withdrawn", "Withdrawn"


class LearningSetting(TenantRow):
    """What a tenant chose about learning; without a row the defaults of `settings.py` hold."""

    least_similar = models.PositiveIntegerField(help_text="executions that are alike, before a rule is proposed")
    likeness = models.DecimalField(max_digits=3, decimal_places=2, help_text="how alike, as the router's confidence")
    is_automatic = models.BooleanField(help_text="a proposed rule is in force at once, without review")
    updated_at = models.DateTimeField()
    updated_by = models.TextField()

    class Meta:
        db_table = "learning_settings"
        constraints = [
            models.UniqueConstraint(fields=["tenant"], name="learning_settings_one_each"),
            models.CheckConstraint(
                condition=models.Q(least_similar__range=(5, 10_000)), name="learning_settings_least"
            ),
            models.CheckConstraint(
                condition=models.Q(likeness__gte="0.50", likeness__lte="0.99"), name="learning_settings_likeness"
            ),
        ]


class LearningState(TenantRow):
    """How far a tenant's executions were looked at: up to the receipt at (`sealed_in`, `leaf`), for vectors of `model`.

    `reembed_*`: how far executions have got vectors of `model`, by id, newest first.
    """

    model = models.TextField()
    sealed_in = models.BigIntegerField(default=0)
    leaf = models.BigIntegerField(default=-1)
    night = models.DateField(null=True, help_text="the last one that was finished")
    ran_at = models.DateTimeField(null=True)
    report = models.JSONField(default=dict, help_text="what the last night did")
    reembed_before = models.UUIDField(null=True, help_text="executions below this id are still to be looked at")
    reembed_done = models.BigIntegerField(default=0)
    reembed_total = models.BigIntegerField(default=0)
    reembed_finished_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "learning_states"
        constraints = [models.UniqueConstraint(fields=["tenant"], name="learning_states_one_each")]


class RequestCluster(TenantRow):
    """Requests that are alike: their centre, how many there were, and the newest of them, from which all figures are made."""

    embedding_model = models.TextField()
    centre = VectorField()
    seen = models.BigIntegerField()
    members = ArrayField(models.UUIDField(), default=list, help_text="executions, the newest last")
    first_at = models.DateTimeField()
    last_at = models.DateTimeField()

    class Meta:
        db_table = "request_clusters"
        indexes = [models.Index(fields=["tenant", "embedding_model", "id"], name="request_clusters_of_model")]


class RuleProposal(TenantRow):
    """A routing rule that history speaks for, with its evidence, and what became of it.

    `ranking` is every system's record (the recommended one first) as JSON, `seen` how many alike there were when it was last
    proposed or decided. `revision` moves with the figures, so that nobody accepts what they have not seen.
    """

    state = models.TextField(choices=State.choices, default=State.WAITING)
    pattern = models.TextField()
    request_embedding = VectorField(null=True)
    embedding_model = models.TextField(default="")
    recommended_system = reference("governance.System")
    alternative_systems = ArrayField(models.UUIDField(), default=list)
    action = models.TextField(default="")
    based_on_executions = models.IntegerField()
    seen = models.BigIntegerField()
    success_rate = models.DecimalField(max_digits=5, decimal_places=4)
    avg_cost_usd = models.DecimalField(max_digits=18, decimal_places=6, null=True)
    avg_duration_ms = models.IntegerField(null=True)
    confidence_score = models.DecimalField(max_digits=5, decimal_places=4)
    ranking = models.JSONField(default=list)
    examples = ArrayField(models.UUIDField(), default=list)
    explanation = models.TextField()
    revision = models.PositiveIntegerField(default=1)
    rule = reference("routing.RoutingRule", null=True)
    proposed_at = models.DateTimeField()
    updated_at = models.DateTimeField()
    decided_at = models.DateTimeField(null=True)
    decided_by = models.TextField(default="")
    because = models.TextField(default="")

    class Meta:
        db_table = "rule_proposals"
        constraints = [
            models.CheckConstraint(condition=models.Q(state__in=State.values), name="rule_proposals_state"),
            models.CheckConstraint(
                condition=models.Q(confidence_score__range=(0, 1)), name="rule_proposals_confidence"
            ),
            models.CheckConstraint(condition=models.Q(success_rate__range=(0, 1)), name="rule_proposals_success"),
            models.CheckConstraint(
                condition=models.Q(state=State.WAITING, decided_at=None)
                | (~models.Q(state=State.WAITING) & models.Q(decided_at__isnull=False)),
                name="rule_proposals_decided",
            ),
            models.UniqueConstraint(
                fields=["tenant", "pattern"],
                condition=models.Q(state=State.WAITING),
                name="rule_proposals_waiting_once",
            ),
        ]
        indexes = [models.Index(fields=["tenant", "-proposed_at", "-id"], name="rule_proposals_recent")]

    def __str__(self) -> str:
        return self.pattern
