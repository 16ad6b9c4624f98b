from __future__ import annotations

from django.db import models

from governance.rows import TenantRow, reference


class State(models.TextChoices):
    WATCHING = "watching", "Watching"
    FIRED = "fired", "Rolling back"
    ASKED = "asked", "Waits for people"
    PAUSED = "paused", "Paused"
    ROLLED_BACK = "rolled_back", "Rolled back"
    KEPT = "kept", "Kept"
    ENDED = "ended", "Ended well"


OPEN = (State.WATCHING, State.FIRED, State.ASKED, State.PAUSED)


class GuardrailSetting(TenantRow):
    """What a tenant chose about its guardrails; without a row the defaults of `triggers` hold. For watches begun later."""

    days = models.PositiveSmallIntegerField(help_text="how long an applied amendment is watched")
    rules = models.JSONField(help_text="{trigger: {reaction, margin, least, is_on}}")
    updated_at = models.DateTimeField()
    updated_by = models.TextField()

    class Meta:
        db_table = "guardrail_settings"
        constraints = [
            models.UniqueConstraint(fields=["tenant"], name="guardrail_settings_one_each"),
            models.CheckConstraint(condition=models.Q(days__range=(1, 90)), name="guardrail_settings_days"),
        ]


class Watch(TenantRow):
    """One applied amendment under its guardrails. `rules` and `baseline` are fixed when it begins.

    `seen_to` is the receipt up to which executions were taken in, `judge` what is known of them, `series` a point for each
    look at which something was new. `crossing` is what fired, with when it was observed and when it was acted on.
    """

    amendment = reference("governance.ConstitutionalAmendment")
    system = reference("governance.System")
    state = models.TextField(choices=State.choices, default=State.WATCHING)
    begins_at = models.DateTimeField()
    ends_at = models.DateTimeField()
    rules = models.JSONField()
    baseline = models.JSONField()
    judge = models.JSONField(default=dict)
    series = models.JSONField(default=list)
    seen_to = models.UUIDField()
    looked_at = models.DateTimeField(null=True)
    crossing = models.JSONField(null=True)
    acted_at = models.DateTimeField(null=True)
    closed_at = models.DateTimeField(null=True)
    closed_by = models.TextField(default="")
    because = models.TextField(default="")

    class Meta:
        db_table = "watches"
        verbose_name_plural = "watches"
        constraints = [
            models.UniqueConstraint(fields=["tenant", "amendment"], name="watches_one_each"),
            models.CheckConstraint(condition=models.Q(state__in=State.values), name="watches_state"),
            models.CheckConstraint(condition=models.Q(ends_at__gt=models.F("begins_at")), name="watches_interval"),
            models.CheckConstraint(
                condition=(models.Q(state__in=[one.value for one in OPEN]) & models.Q(closed_at=None))
                | (~models.Q(state__in=[one.value for one in OPEN]) & models.Q(closed_at__isnull=False)),
                name="watches_closed",
            ),
        ]
        indexes = [
            models.Index(fields=["tenant", "-begins_at", "-id"], name="watches_recent"),
            models.Index(
                fields=["tenant", "system"],
                condition=models.Q(state__in=[one.value for one in OPEN]),
                name="watches_open",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.system_id} {self.state}"
