from __future__ import annotations

from django.db import models

from governance.rows import TenantRow, reference


class RequestState(models.TextChoices):
    OPEN = "open", "Open"
    MET = "met", "Met"
    REFUSED = "refused", "Refused"
    VOID = "void", "Void"


class ApprovalRequest(TenantRow):
    """A question: "may this digest become true?", and whose answers it needs (`requirements`, see `quorum.Requirement`)."""

    subject_kind = models.TextField()
    subject_id = models.UUIDField()
    digest = models.TextField()
    requirements = models.JSONField()
    excluded_user_id = models.UUIDField(null=True)
    state = models.TextField(choices=RequestState.choices, default=RequestState.OPEN)
    asked_at = models.DateTimeField()
    due_at = models.DateTimeField(null=True)
    closed_at = models.DateTimeField(null=True)
    closed_because = models.TextField(default="")

    class Meta:
        db_table = "approval_requests"
        constraints = [
            models.CheckConstraint(condition=models.Q(state__in=RequestState.values), name="approval_requests_state"),
            models.UniqueConstraint(
                fields=["tenant", "subject_kind", "subject_id"],
                condition=models.Q(state=RequestState.OPEN),
                name="approval_requests_one_open",
            ),
        ]
        indexes = [models.Index(fields=["tenant", "state", "asked_at"], name="approval_requests_state")]


class Via(models.TextChoices):
    ROLE = "role", "In an own role"
    DEPUTY = "deputy", "As a deputy"
    OVERRIDE = "override", "By override, to be reviewed"
    AUTHORITY = "standing_authority", "Under a standing authority"


class Verdict(models.TextChoices):
    APPROVE = "approve", "Approved"
    REJECT = "reject", "Rejected"
    REQUEST_CHANGES = "request_changes", "Asked for changes"


class ApprovalDecision(TenantRow):
    """One actor's signed answer. `statement` is the canonical JSON that `signature` covers; the columns repeat it."""

    request = reference("governance.ApprovalRequest", related_name="decisions")
    user_id = models.UUIDField(null=True)
    actor_name = models.TextField()
    verdict = models.TextField(choices=Verdict.choices)
    roles = models.JSONField()
    via = models.TextField(choices=Via.choices)
    note = models.TextField(default="")
    digest = models.TextField()
    confirmed_by = models.TextField()
    at = models.DateTimeField()
    statement = models.BinaryField()
    signer = models.TextField()
    signature = models.BinaryField()

    class Meta:
        db_table = "approval_decisions"
        constraints = [
            models.UniqueConstraint(fields=["tenant", "request", "user_id"], name="approval_decisions_one_each"),
            models.CheckConstraint(condition=models.Q(verdict__in=Verdict.values), name="approval_decisions_verdict"),
            models.CheckConstraint(condition=models.Q(via__in=Via.values), name="approval_decisions_via"),
        ]


class OverrideReview(TenantRow):
    """The later look at an override: another person says whether it was right."""

    decision = reference("governance.ApprovalDecision", related_name="reviews")
    reviewed_by = models.TextField()
    user_id = models.UUIDField()
    upheld = models.BooleanField()
    note = models.TextField()
    at = models.DateTimeField()

    class Meta:
        db_table = "override_reviews"
        constraints = [models.UniqueConstraint(fields=["tenant", "decision"], name="override_reviews_once")]


class Snooze(TenantRow):
    """One person does not want to see a question again before `until`; the team still does."""

    request = reference("governance.ApprovalRequest", related_name="snoozes")
    user = models.ForeignKey("governance.User", on_delete=models.PROTECT, related_name="+")
    until = models.DateTimeField()
    at = models.DateTimeField()

    class Meta:
        db_table = "snoozes"
        constraints = [models.UniqueConstraint(fields=["tenant", "request", "user"], name="snoozes_one_each")]


class Assignment(TenantRow):
    """Who has taken a question on, by themselves or handed over; it adds no right and takes none away."""

    request = reference("governance.ApprovalRequest", related_name="assignments")
    user = models.ForeignKey("governance.User", on_delete=models.PROTECT, related_name="+")
    by = models.TextField()
    at = models.DateTimeField()

    class Meta:
        db_table = "assignments"
        constraints = [models.UniqueConstraint(fields=["tenant", "request"], name="assignments_one_each")]


class ReminderKind(models.TextChoices):
    NUDGE = "nudge", "Nudged by a colleague"
    DUE_SOON = "due_soon", "Due soon"
    OVERDUE = "overdue", "Overdue"
    ESCALATED = "escalated", "Escalated"


class Reminder(TenantRow):
    """That a person was reminded of a question, once per kind and day. Append-only."""

    request = reference("governance.ApprovalRequest", related_name="reminders")
    user = models.ForeignKey("governance.User", on_delete=models.PROTECT, related_name="+")
    kind = models.TextField(choices=ReminderKind.choices)
    day = models.DateField()
    by = models.TextField()
    at = models.DateTimeField()

    class Meta:
        db_table = "reminders"
        constraints = [
            models.UniqueConstraint(fields=["tenant", "request", "user", "kind", "day"], name="reminders_once"),
            models.CheckConstraint(condition=models.Q(kind__in=ReminderKind.values), name="reminders_kind"),
        ]
