from __future__ import annotations

from django.contrib.postgres.fields import ArrayField
from django.db import models

from governance.rows import BusyRow, TenantRow, reference


class OutcomeWord(models.TextChoices):
    PERMIT = "permit", "Permitted"
    DENY = "deny", "Denied"
    REQUIRE_APPROVAL = "require_approval", "Approval required"


class StoredVerdict(BusyRow):
    """One decision as it was answered: the question and the verdict as the canonical bytes that their digests name, signed.

    Written once; only `sealed_in` (the sequence of the ledger entry that holds its digest) goes from null to a number.
    """

    system = reference("governance.System", db_index=False)
    action = models.TextField()
    session = models.TextField(default="")
    outcome = models.TextField(choices=OutcomeWord.choices)
    is_error = models.BooleanField(default=False)
    rules_applied = ArrayField(models.TextField(), default=list)
    sentence = models.TextField()
    compliance_score = models.DecimalField(max_digits=5, decimal_places=4)
    question = models.BinaryField()
    answer = models.BinaryField()
    digest = models.TextField()
    rulebook_digest = models.TextField()
    asked_by = models.TextField()
    at = models.DateTimeField()
    signer = models.TextField()
    signature = models.BinaryField()
    sealed_in = models.BigIntegerField(null=True)

    class Meta:
        db_table = "verdicts"
        verbose_name = "verdict"
        constraints = [
            models.CheckConstraint(condition=models.Q(outcome__in=OutcomeWord.values), name="verdicts_outcome")
        ]
        indexes = [
            models.Index(fields=["tenant", "-at", "-id"], name="verdicts_recent"),
            models.Index(fields=["tenant", "system", "-at"], name="verdicts_of_system"),
            models.Index(fields=["tenant", "id"], condition=models.Q(sealed_in=None), name="verdicts_unsealed"),
            models.Index(fields=["tenant", "sealed_in", "id"], name="verdicts_sealed"),
        ]

    def __str__(self) -> str:
        return self.sentence


class SafetyWindow(TenantRow):
    """What one system has used of its safety budget in one window (seeds/002 6.1). The window derives from its start."""

    system = reference("governance.System")
    starts_at = models.DateTimeField()
    denials = models.PositiveIntegerField(default=0)
    overrides = models.PositiveIntegerField(default=0)
    risk_spent = models.DecimalField(max_digits=18, decimal_places=6, default=0)

    class Meta:
        db_table = "safety_windows"
        constraints = [
            models.UniqueConstraint(fields=["tenant", "system", "starts_at"], name="safety_windows_one_each"),
            models.CheckConstraint(condition=models.Q(risk_spent__gte=0), name="safety_windows_risk"),
        ]


class RuleSession(TenantRow):
    """One session of one tenant (seeds/003): its rules live for an hour after `accessed_at`.

    `system` is the system whose session it is and which may add rules to it; null: it belongs to the tenant's people.
    """

    name = models.TextField()
    system = reference("governance.System", null=True, blank=True)
    opened_by = models.TextField()
    created_at = models.DateTimeField()
    accessed_at = models.DateTimeField()

    class Meta:
        db_table = "rule_sessions"
        constraints = [
            models.UniqueConstraint(fields=["tenant", "name"], name="rule_sessions_name"),
            models.CheckConstraint(condition=~models.Q(name=""), name="rule_sessions_named"),
        ]
        indexes = [models.Index(fields=["tenant", "-accessed_at"], name="rule_sessions_recent")]

    def __str__(self) -> str:
        return self.name


class SessionRuleEnd(models.TextChoices):
    EXPIRED = "expired", "Expired"
    EVICTED = "evicted", "Fell out"
    REVOKED = "revoked", "Revoked"
    RESET = "reset", "Reset"


class SessionRule(TenantRow):
    """One sentence of a session. `rules` is what it compiles to in the text format; "" means it is guidance for the agent."""

    session = reference("governance.RuleSession", related_name="session_rules")
    position = models.BigIntegerField(help_text="counts up in the session; the lowest one falls out first")
    text = models.TextField()
    rules = models.TextField(default="")
    added_by = models.TextField()
    user_id = models.UUIDField(null=True)
    added_at = models.DateTimeField()
    expires_at = models.DateTimeField(
        null=True, help_text="it lives until then, even if the session's hour is over before"
    )
    uses = models.PositiveIntegerField(default=0)
    last_used_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)
    ended_because = models.TextField(choices=SessionRuleEnd.choices, default="", blank=True)
    told_at = models.DateTimeField(null=True, help_text="when the session's next decision was told that it ended")

    class Meta:
        db_table = "session_rules"
        constraints = [
            models.UniqueConstraint(fields=["tenant", "session", "position"], name="session_rules_position"),
            models.CheckConstraint(condition=~models.Q(text=""), name="session_rules_text"),
            models.CheckConstraint(
                condition=models.Q(ended_at=None, ended_because="")
                | (~models.Q(ended_at=None) & models.Q(ended_because__in=SessionRuleEnd.values)),
                name="session_rules_ended_because",
            ),
        ]
        indexes = [
            models.Index(
                fields=["tenant", "session", "position"],
                condition=models.Q(ended_at=None),
                name="session_rules_in_force",
            ),
            models.Index(
                fields=["tenant", "session"],
                condition=models.Q(
                    told_at=None, ended_because__in=[SessionRuleEnd.EXPIRED.value, SessionRuleEnd.EVICTED.value]
                ),
                name="session_rules_untold",
            ),
        ]

    def __str__(self) -> str:
        return self.text


class PolicyCase(TenantRow):
    """A saved question with the outcome it must have: a regression test of the law."""

    name = models.TextField()
    system = reference("governance.System")
    action = models.TextField()
    facts = models.JSONField(default=dict)
    decided_at = models.DateTimeField(null=True, help_text="the moment that the case is about; null: whenever it runs")
    expected = models.TextField(choices=OutcomeWord.choices)
    expected_rules = ArrayField(models.TextField(), default=list)
    note = models.TextField(default="")
    created_at = models.DateTimeField()
    created_by = models.TextField()
    retired_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "policy_cases"
        constraints = [
            models.UniqueConstraint(
                fields=["tenant", "name"], condition=models.Q(retired_at=None), name="policy_cases_name"
            ),
            models.CheckConstraint(condition=models.Q(expected__in=OutcomeWord.values), name="policy_cases_expected"),
        ]

    def __str__(self) -> str:
        return self.name
