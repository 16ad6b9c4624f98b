from __future__ import annotations

from django.db import models

from dreams.mutate.candidate import Origin
from dreams.verdict.observed import Part
from dreams.verdict.rules import Verdict
from governance.rows import TenantRow, reference


class State(models.TextChoices):
    PLANNED = "planned", "Planned"
    RUNNING = "running", "Dreaming"
    JUDGED = "judged", "Judged"
    STOPPED = "stopped", "Stopped"


OPEN = (State.PLANNED, State.RUNNING)


class DreamSetting(TenantRow):
    """What a tenant chose about its nights; without a row the defaults of `choices` hold. For cycles planned later."""

    is_on = models.BooleanField()
    window_hour = models.PositiveSmallIntegerField(null=True, help_text="UTC; null: the quietest hours are found")
    window_hours = models.PositiveSmallIntegerField()
    budget_usd = models.DecimalField(max_digits=18, decimal_places=6, help_text="the most that one cycle may cost")
    most_candidates = models.PositiveSmallIntegerField()
    alpha = models.FloatField()
    proposes = models.BooleanField(help_text="whether TARS proposes the winner by itself; else a person does")
    aims = models.JSONField(help_text="{system id: {is_on, primary, planned_effect, minimum_effect}}")
    updated_at = models.DateTimeField()
    updated_by = models.TextField()

    class Meta:
        db_table = "dream_settings"
        constraints = [
            models.UniqueConstraint(fields=["tenant"], name="dream_settings_one_each"),
            models.CheckConstraint(
                condition=models.Q(window_hour=None) | models.Q(window_hour__range=(0, 23)),
                name="dream_settings_hour",
            ),
            models.CheckConstraint(condition=models.Q(window_hours__range=(1, 12)), name="dream_settings_hours"),
            models.CheckConstraint(condition=models.Q(budget_usd__gte=0), name="dream_settings_budget"),
            models.CheckConstraint(condition=models.Q(most_candidates__range=(2, 100)), name="dream_settings_most"),
            models.CheckConstraint(condition=models.Q(alpha__gte=0.0001, alpha__lte=0.2), name="dream_settings_alpha"),
        ]


class DreamCycle(TenantRow):
    """One night of one system: its plan before, its course, its end. `cycle_id` is `dream-YYYY-MM-DD-HH:MM` of its start.

    `plan` is the canonical document of everything that decides; what happens later never changes it.
    """

    system = reference("governance.System")
    cycle_id = models.TextField()
    state = models.TextField(choices=State.choices, default=State.PLANNED)
    plan = models.BinaryField()
    plan_digest = models.TextField()
    planned_at = models.DateTimeField()
    planned_by = models.TextField()
    starts_at = models.DateTimeField()
    deadline_at = models.DateTimeField()
    started_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)
    hold = reference("billing.Reservation", null=True)
    spent_usd = models.DecimalField(max_digits=18, decimal_places=6, default=0)
    runs = models.PositiveIntegerField(default=0)
    most_runs = models.PositiveIntegerField()
    stop_code = models.TextField(default="", help_text="why it ended before its plan did, as a word")
    stopped_because = models.TextField(default="")

    class Meta:
        db_table = "dream_cycles"
        constraints = [
            models.UniqueConstraint(fields=["tenant", "cycle_id"], name="dream_cycles_id"),
            models.UniqueConstraint(
                fields=["tenant", "system"],
                condition=models.Q(state__in=[one.value for one in OPEN]),
                name="dream_cycles_one_open",
            ),
            models.CheckConstraint(condition=models.Q(state__in=State.values), name="dream_cycles_state"),
            models.CheckConstraint(
                condition=models.Q(deadline_at__gt=models.F("starts_at")), name="dream_cycles_interval"
            ),
            models.CheckConstraint(
                condition=models.Q(state__in=[one.value for one in OPEN], ended_at=None)
                | (~models.Q(state__in=[one.value for one in OPEN]) & models.Q(ended_at__isnull=False)),
                name="dream_cycles_ended",
            ),
        ]
        indexes = [models.Index(fields=["tenant", "-starts_at", "-id"], name="dream_cycles_recent")]

    def __str__(self) -> str:
        return self.cycle_id


class Dream(TenantRow):
    """One trial of one mutation (seeds/004 2): every column of the source, then what the plan said of it and what came of it.

    `test_input` says on which requests, both outputs are the two sides' figures, and the runs themselves are `DreamRun`.
    """

    system = reference("governance.System")
    system_name = models.TextField()
    cycle_id = models.TextField()
    mutations = models.JSONField(help_text="{pointer: new value}; empty for the dummy")
    test_input = models.JSONField(null=True)
    normal_output = models.JSONField(null=True)
    dream_output = models.JSONField(null=True)
    outcome = models.JSONField(default=dict)
    promoted_to_production = models.BooleanField(default=False)
    promoted_at = models.DateTimeField(null=True)
    dreamed_at = models.DateTimeField()
    dream_duration_ms = models.IntegerField(null=True)

    night = reference("dreams.DreamCycle", related_name="dreams")
    number = models.PositiveSmallIntegerField(help_text="its place in the plan; the dummy is 0")
    origin = models.TextField(choices=[(one.value, one.value) for one in Origin])
    sentence = models.TextField(help_text="why it is tried")
    said = models.TextField(help_text="what changes, as its amendment would say")
    seed = models.BigIntegerField()
    digest = models.TextField(help_text="of the mutations")
    written_by = models.TextField(default="", help_text="the model that wrote its words, if one did")
    verdict = models.TextField(default="", choices=[("", ""), *((one.value, one.value) for one in Verdict)])
    rule = models.TextField(default="")
    because = models.TextField(default="")
    gain_seen = models.FloatField(null=True, help_text="the primary metric's mean gain on the seen part alone")
    n_seen = models.PositiveIntegerField(default=0)
    n_held_out = models.PositiveIntegerField(default=0)
    cost_usd = models.DecimalField(max_digits=18, decimal_places=6, null=True)
    proposal = reference("governance.AmendmentProposal", null=True)
    not_proposed_because = models.TextField(default="")

    class Meta:
        db_table = "dreams"
        constraints = [
            models.UniqueConstraint(fields=["tenant", "night", "number"], name="dreams_number"),
            models.UniqueConstraint(fields=["tenant", "night", "digest"], name="dreams_digest"),
            models.CheckConstraint(
                condition=models.Q(verdict__in=["", *(one.value for one in Verdict)]), name="dreams_verdict"
            ),
            models.CheckConstraint(
                condition=models.Q(promoted_to_production=False, promoted_at=None)
                | models.Q(promoted_to_production=True, promoted_at__isnull=False, proposal__isnull=False),
                name="dreams_promoted",
            ),
        ]
        indexes = [
            models.Index(fields=["tenant", "-dreamed_at", "-id"], name="dreams_recent"),
            models.Index(fields=["tenant", "system", "-dreamed_at"], name="dreams_of_system"),
            models.Index(
                fields=["tenant", "proposal"], condition=models.Q(proposal__isnull=False), name="dreams_proposed"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.cycle_id} {self.number}"


class DreamRun(TenantRow):
    """One request under one constitution: the normal one where `dream` is null. `ran` is `rehearsal.shapes.Ran` as JSON."""

    night = reference("dreams.DreamCycle", related_name="all_runs", db_index=False)
    dream = reference("dreams.Dream", null=True, related_name="runs")
    request_key = models.TextField(help_text="of the recorded execution")
    part = models.TextField(choices=[(one.value, one.value) for one in Part])
    kind = models.TextField(default="")
    ran = models.JSONField()
    ran_at = models.DateTimeField()

    class Meta:
        db_table = "dream_runs"
        constraints = [
            models.UniqueConstraint(
                fields=["tenant", "night", "request_key", "dream"], nulls_distinct=False, name="dream_runs_once"
            ),
            models.CheckConstraint(condition=models.Q(part__in=[one.value for one in Part]), name="dream_runs_part"),
        ]
        indexes = [
            models.Index(fields=["tenant", "request_key"], name="dream_runs_request"),
            models.Index(fields=["tenant", "ran_at", "id"], name="dream_runs_age"),
        ]


class DreamWish(TenantRow):
    """What a person asks to be tested in the next cycle of a system."""

    system = reference("governance.System")
    changes = models.JSONField(help_text="{pointer: value}")
    sentence = models.TextField()
    asked_by = models.TextField()
    asked_at = models.DateTimeField()
    dream = reference("dreams.Dream", null=True, help_text="in which it was tried")
    refused_because = models.TextField(default="")
    withdrawn_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "dream_wishes"
        verbose_name_plural = "dream wishes"
        indexes = [
            models.Index(
                fields=["tenant", "system", "asked_at"],
                condition=models.Q(dream=None, withdrawn_at=None, refused_because=""),
                name="dream_wishes_open",
            )
        ]


class DreamBar(TenantRow):
    """A mutation that must never come again, until somebody lifts it. What was rolled back is barred without a row."""

    system = reference("governance.System")
    changes = models.JSONField()
    digest = models.TextField()
    because = models.TextField()
    barred_by = models.TextField()
    barred_at = models.DateTimeField()
    lifted_by = models.TextField(default="")
    lifted_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "dream_bars"
        constraints = [
            models.UniqueConstraint(
                fields=["tenant", "system", "digest"], condition=models.Q(lifted_at=None), name="dream_bars_once"
            )
        ]


class RegressionRequest(TenantRow):
    """A recorded request that every night of the system tries, until somebody takes it out."""

    system = reference("governance.System")
    request_key = models.TextField()
    added_at = models.DateTimeField()
    added_by = models.TextField()
    removed_at = models.DateTimeField(null=True)
    removed_by = models.TextField(default="")

    class Meta:
        db_table = "regression_requests"
        constraints = [
            models.UniqueConstraint(
                fields=["tenant", "system", "request_key"],
                condition=models.Q(removed_at=None),
                name="regression_requests_once",
            )
        ]


class DreamRating(TenantRow):
    """What one person gave both answers to one request, without knowing which was whose."""

    dream = reference("dreams.Dream", related_name="ratings")
    request_key = models.TextField()
    normal_stars = models.PositiveSmallIntegerField()
    dream_stars = models.PositiveSmallIntegerField()
    rated_by = models.TextField()
    rated_at = models.DateTimeField()

    class Meta:
        db_table = "dream_ratings"
        constraints = [
            models.UniqueConstraint(
                fields=["tenant", "dream", "request_key", "rated_by"], name="dream_ratings_one_each"
            ),
            models.CheckConstraint(
                condition=models.Q(normal_stars__range=(1, 5), dream_stars__range=(1, 5)), name="dream_ratings_stars"
            ),
        ]
