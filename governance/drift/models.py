from __future__ import annotations

from django.contrib.postgres.fields import ArrayField
from django.db import models

from governance.rows import TenantRow, reference


class DriftWord(models.TextChoices):
    NORMAL = "NORMAL", "Normal"
    MONITOR = "MONITOR", "Monitor"
    HOLD = "HOLD", "Hold"
    RECOVERY = "RECOVERY", "Recovery"
    DEGRADED = "DEGRADED", "Degraded"


class DriftState(TenantRow):
    """A system's present state; a system without a row is NORMAL. What changed it is on the ledger.

    Below `changed_by` stands what the machine needs for its next step (`machine.Standing`) and the latest score.
    """

    system = reference("governance.System")
    state = models.TextField(choices=DriftWord.choices, default=DriftWord.NORMAL)
    since = models.DateTimeField()
    reason = models.TextField(default="")
    changed_by = models.TextField()
    cause = models.TextField(default="", blank=True, help_text="the edge that led here; empty: set by hand")
    evidence = models.JSONField(default=dict, blank=True)
    measured_at = models.DateTimeField(null=True)
    warnings = models.PositiveIntegerField(default=0)
    warned_at = models.DateTimeField(null=True)
    calm_since = models.DateTimeField(null=True)
    score = models.FloatField(default=0)

    class Meta:
        db_table = "drift_states"
        constraints = [
            models.UniqueConstraint(fields=["tenant", "system"], name="drift_states_one_each"),
            models.CheckConstraint(condition=models.Q(state__in=DriftWord.values), name="drift_states_state"),
        ]

    def __str__(self) -> str:
        return self.state


class DriftMetric(TenantRow):
    """One metric of one system: its baseline, the latest decisions, and what was found at the last look (`gauge.Gauge`)."""

    system = reference("governance.System", db_index=False)
    name = models.TextField()
    unit = models.TextField(default="", blank=True, help_text="of vectors: the model that made them")
    baseline = ArrayField(models.FloatField(), default=list)
    baseline_count = models.PositiveIntegerField(default=0)
    recent = ArrayField(models.FloatField(), default=list)
    fresh = models.PositiveIntegerField(default=0, help_text="decisions since it was armed")
    finding = models.JSONField(null=True)
    armed_at = models.DateTimeField()
    baseline_since = models.DateTimeField()
    fired_at = models.DateTimeField(null=True)
    seen_at = models.DateTimeField()

    class Meta:
        db_table = "drift_metrics"
        constraints = [models.UniqueConstraint(fields=["tenant", "system", "name"], name="drift_metrics_one_each")]

    def __str__(self) -> str:
        return self.name


class DriftScore(TenantRow):
    """One look at one system: its drift score, and the metric and detector that said so. Written once; thinned after 90 days."""

    system = reference("governance.System", db_index=False)
    at = models.DateTimeField()
    score = models.FloatField()
    metric = models.TextField(default="")
    detector = models.TextField(default="")
    state = models.TextField(choices=DriftWord.choices)

    class Meta:
        db_table = "drift_scores"
        indexes = [models.Index(fields=["tenant", "system", "-at"], name="drift_scores_of_system")]

    def __str__(self) -> str:
        return f"{self.score:.2f}"


class DriftMark(TenantRow):
    """How far one source of decisions has been read."""

    source = models.TextField()
    after = models.TextField(default="")
    at = models.DateTimeField()

    class Meta:
        db_table = "drift_marks"
        constraints = [models.UniqueConstraint(fields=["tenant", "source"], name="drift_marks_one_each")]

    def __str__(self) -> str:
        return self.source
