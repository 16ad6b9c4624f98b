from __future__ import annotations

from collections.abc import Collection, Sequence
from functools import cache
from typing import Any, Self
from uuid import UUID

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models.functions import Now
from pgvector.django import VectorField

from governance.registry.models import Lifecycle
from governance.rows import BusyRow, TenantRow, reference
from routing.executions.stages import Stage, Status
from routing.figures.histogram import BUCKETS

STAGES = (
    (Stage.RECEIVED.value, "Received"),
    (Stage.ROUTED.value, "Routed"),
    (Stage.AWAITING_APPROVAL.value, "Waits for approval"),
    (Stage.READY.value, "May act"),
    (Stage.CALLING.value, "The agent works"),
    (Stage.ANSWERED.value, "The agent answered"),
    (Stage.DONE.value, "Done"),
)
STATUSES = (
    (Status.SUCCESS.value, "Success"),
    (Status.FAILED.value, "Failed"),
    (Status.PARTIAL.value, "Partial"),
    (Status.TIMEOUT.value, "Timed out"),
    (Status.GOVERNANCE_BLOCKED.value, "Blocked"),
)


class ExecutionRequest(BusyRow):
    """One request as it was asked, and where it stands; the execution of the same id is written when it is done.

    `key` names it for good: asking again under it finds this row. `steps` is what happened, in order.
    """

    key = models.TextField()
    body_digest = models.TextField(help_text="of what was asked under the key; another body is refused")
    user_request = models.TextField()
    input_data = models.JSONField(null=True)
    wanted_system = models.TextField(default="", help_text="the caller named the system; nothing is routed")
    action = models.TextField(default="")
    session = models.TextField(default="")
    requested_by = models.TextField()
    user_id = models.UUIDField(null=True, help_text="the asking person or system")
    accountable_id = models.UUIDField(null=True, help_text="the person behind it, who never approves it")
    parent = reference("routing.ExecutionRequest", null=True, related_name="hops", db_index=False)
    depth = models.PositiveIntegerField(default=0)
    stage = models.TextField(choices=STAGES, default=Stage.RECEIVED.value)
    system = reference("governance.System", null=True, db_index=False)
    attempt = models.PositiveIntegerField(default=0)
    tried = ArrayField(models.UUIDField(), default=list)
    routing_path = ArrayField(models.UUIDField(), default=list)
    route = models.JSONField(null=True)
    governance_check = models.JSONField(default=dict)
    steps = models.JSONField(default=list)
    embedding_model = models.TextField(default="")
    request_embedding = VectorField(null=True)
    verdict_id = models.UUIDField(null=True)
    approval_digest = models.TextField(default="")
    question = reference("governance.ApprovalRequest", null=True, db_index=False)
    hold = reference("billing.Reservation", null=True, db_index=False)
    answer = models.JSONField(null=True, help_text="what the agent answered, until the execution is written")
    progress = models.PositiveSmallIntegerField(default=0, help_text="0 to 100; 0: unknown")
    progress_note = models.TextField(default="")
    is_cancel_wanted = models.BooleanField(default=False)
    has_parts = models.BooleanField(default=False, help_text="whether its agent handed some of it on")
    deadline_at = models.DateTimeField(null=True)
    called_at = models.DateTimeField(null=True)
    created_at = models.DateTimeField()
    updated_at = models.DateTimeField()
    finished_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "execution_requests"
        constraints = [
            models.UniqueConstraint(fields=["tenant", "key"], name="execution_requests_key"),
            models.CheckConstraint(
                condition=models.Q(stage__in=[one.value for one in Stage]), name="execution_requests_stage"
            ),
            models.CheckConstraint(condition=~models.Q(user_request=""), name="execution_requests_said"),
            models.CheckConstraint(condition=models.Q(progress__range=(0, 100)), name="execution_requests_progress"),
            models.CheckConstraint(
                condition=models.Q(stage=Stage.DONE.value, finished_at__isnull=False)
                | (~models.Q(stage=Stage.DONE.value) & models.Q(finished_at=None)),
                name="execution_requests_finished",
            ),
        ]
        indexes = [
            models.Index(
                fields=["tenant", "-created_at"],
                condition=~models.Q(stage=Stage.DONE.value),
                name="execution_requests_open",
            ),
            models.Index(
                fields=["tenant", "system"],
                condition=models.Q(stage=Stage.CALLING.value),
                name="execution_requests_calling",
            ),
            models.Index(
                fields=["tenant", "parent"], condition=models.Q(parent__isnull=False), name="execution_requests_hops"
            ),
        ]

    loaded: dict[str, Any]
    claims: int
    signer_id: UUID | None = None
    signer_sealed: bytes = b""
    hold_read: str | None = None

    def __str__(self) -> str:
        return self.user_request

    @classmethod
    def from_db(cls, db: str | None, field_names: Collection[str], values: Collection[Any], **more: Any) -> Self:
        found = super().from_db(db, field_names, values, **more)
        found.was_read(field_names, values)
        return found

    def was_read(self, names: Collection[str], values: Collection[Any]) -> None:
        self.loaded = dict(zip(names, values, strict=False))

    def changed(self, names: Sequence[str]) -> list[str]:
        """Which of these fields hold another object than was read or kept. A value is replaced, never changed in place."""
        columns, known, loaded = _columns(), self.__dict__, self.loaded
        return [name for name in names if known.get(columns[name]) is not loaded.get(columns[name])]

    def note_kept(self) -> None:
        """The row says now what this object says."""
        self.loaded = {name: value for name, value in self.__dict__.items() if name != "loaded"}


@cache
def _columns() -> dict[str, str]:
    return {field.name: field.attname for field in ExecutionRequest._meta.concrete_fields}


class DueRequest(BusyRow):
    """The runner's queue: a request (by the same id) that can take its next step, and who is taking it.

    The runner claims before it knows a tenant, through `tars_claim_due`, which gives ids and nothing else.
    """

    due_at = models.DateTimeField()
    leased_until = models.DateTimeField(null=True)
    leased_by = models.TextField(default="")
    claims = models.PositiveIntegerField(default=0)

    class Meta:
        db_table = "due_requests"
        indexes = [models.Index(fields=["due_at"], name="due_requests_order")]


class Execution(BusyRow):
    """One request handled (seeds/004 3), written whole when it is done. Its id is its request's.

    Later only the rating, a dispute, the lifecycle and the access count change.
    """

    system = reference("governance.System", null=True, db_index=False)
    system_name = models.TextField()
    user_request = models.TextField()
    request_embedding = VectorField(null=True)
    embedding_model = models.TextField(default="")
    routing_path = ArrayField(models.UUIDField(), default=list, db_default=[])
    routing_confidence = models.DecimalField(max_digits=5, decimal_places=4, null=True)
    route = models.JSONField(null=True, help_text="every candidate with its score and its vetoes")
    steps = models.JSONField(default=list)
    input_data = models.JSONField(null=True)
    output_data = models.JSONField(null=True)
    governance_check = models.JSONField()
    status = models.TextField(choices=STATUSES)
    error_message = models.TextField(null=True)
    started_at = models.DateTimeField(db_default=Now())
    completed_at = models.DateTimeField(null=True)
    duration_ms = models.GeneratedField(
        expression=models.Func(
            models.F("completed_at"),
            models.F("started_at"),
            template="(EXTRACT(epoch FROM (%(expressions)s)) * 1000)::integer",
            arg_joiner=" - ",
        ),
        output_field=models.IntegerField(null=True),
        db_persist=True,
    )
    cost_usd = models.DecimalField(max_digits=18, decimal_places=6, null=True)
    user_satisfaction = models.IntegerField(null=True)
    user_feedback = models.TextField(null=True)
    should_retry_with_different_path = models.BooleanField(default=False, db_default=False)
    suggested_improvements = models.JSONField(null=True)
    receipt_signature = models.TextField(null=True)
    lifecycle_state = models.TextField(choices=Lifecycle.choices, default=Lifecycle.HOT, db_default=Lifecycle.HOT.value)
    last_accessed_at = models.DateTimeField(db_default=Now())
    access_count = models.IntegerField(default=0, db_default=0)
    archived_at = models.DateTimeField(null=True)
    action = models.TextField(default="")
    requested_by = models.TextField()
    user_id = models.UUIDField(null=True)
    parent_id = models.UUIDField(null=True)
    verdict_id = models.UUIDField(null=True)
    rated_by = models.TextField(default="")
    rated_at = models.DateTimeField(null=True)
    disputed_by = models.TextField(default="")
    disputed_at = models.DateTimeField(null=True)
    dispute = models.TextField(default="")

    class Meta:
        db_table = "executions"
        constraints = [
            models.CheckConstraint(
                condition=models.Q(status__in=[one.value for one in Status]), name="executions_status"
            ),
            models.CheckConstraint(condition=models.Q(user_satisfaction__range=(1, 5)), name="executions_stars"),
            models.CheckConstraint(
                condition=models.Q(lifecycle_state__in=Lifecycle.values), name="executions_lifecycle"
            ),
            models.CheckConstraint(condition=models.Q(routing_confidence__range=(-1, 1)), name="executions_confidence"),
        ]
        indexes = [
            models.Index(fields=["tenant", "-started_at", "-id"], name="executions_recent"),
            models.Index(fields=["tenant", "system", "-started_at"], name="executions_of_system"),
            models.Index(fields=["tenant", "status", "-started_at"], name="executions_by_status"),
            models.Index(
                fields=["tenant", "system"],
                include=["user_satisfaction"],
                condition=models.Q(user_satisfaction__isnull=False),
                name="executions_stars_of",
            ),
            models.Index(
                fields=["tenant", "rated_at"], condition=models.Q(rated_at__isnull=False), name="executions_rated"
            ),
            models.Index(fields=["tenant", "lifecycle_state", "last_accessed_at"], name="executions_ageing"),
        ]

    def __str__(self) -> str:
        return self.user_request


class Correction(TenantRow):
    """Which system should have got an execution's request, as somebody said last; none: what they said is taken back."""

    execution = reference("routing.Execution", related_name="corrections")
    system = reference("governance.System", null=True)
    corrected_by = models.TextField()
    corrected_at = models.DateTimeField()

    class Meta:
        db_table = "corrections"
        constraints = [models.UniqueConstraint(fields=["tenant", "execution"], name="corrections_one_each")]


class Receipt(BusyRow):
    """What was done, signed: `statement` is the canonical JSON that `digest` names and `signature` covers.

    Written once; `sealed_in` (the ledger entry that anchors its batch) and `leaf` (its place in that tree) are set later.
    """

    execution = reference("routing.Execution", related_name="receipts", db_index=False)
    at = models.DateTimeField()
    statement = models.BinaryField()
    digest = models.TextField()
    signer = models.TextField()
    signature = models.BinaryField()
    sealed_in = models.BigIntegerField(null=True)
    leaf = models.PositiveIntegerField(null=True)

    class Meta:
        db_table = "receipts"
        constraints = [
            models.UniqueConstraint(fields=["tenant", "execution"], name="receipts_one_each"),
            models.UniqueConstraint(
                fields=["tenant", "sealed_in", "leaf"], condition=~models.Q(sealed_in=None), name="receipts_leaf"
            ),
        ]
        indexes = [models.Index(fields=["tenant", "id"], condition=models.Q(sealed_in=None), name="receipts_unsealed")]


class ExecutionDay(BusyRow):
    """One UTC day's executions of one system (none: of nobody), added up by a task from anchored receipts (`folding`).

    Stars are read whole from the executions whenever a rating moves.
    """

    day = models.DateField()
    system = reference("governance.System", null=True, db_index=False)
    total = models.BigIntegerField(db_default=0)
    succeeded = models.BigIntegerField(db_default=0)
    failed = models.BigIntegerField(db_default=0)
    partial = models.BigIntegerField(db_default=0)
    timed_out = models.BigIntegerField(db_default=0)
    blocked = models.BigIntegerField(db_default=0)
    confidence_sum = models.DecimalField(max_digits=24, decimal_places=4, db_default=0)
    confidence_count = models.BigIntegerField(db_default=0)
    cost_sum = models.DecimalField(max_digits=30, decimal_places=6, db_default=0)
    cost_count = models.BigIntegerField(db_default=0)
    ms_sum = models.BigIntegerField(db_default=0)
    ms_count = models.BigIntegerField(db_default=0)
    ms_max = models.BigIntegerField(db_default=0)
    durations = VectorField(dimensions=BUCKETS)
    stars_sum = models.BigIntegerField(db_default=0)
    stars_count = models.BigIntegerField(db_default=0)

    class Meta:
        db_table = "execution_days"
        constraints = [
            models.UniqueConstraint(
                fields=["tenant", "day", "system"], nulls_distinct=False, name="execution_days_one_each"
            )
        ]


class ExecutionAge(BusyRow):
    """How many executions of one system (none: of nobody) are in one state of ageing.

    What is new is added by the task that adds up the days (`folding`), under the same mark; what moves from state to state is
    counted by a trigger, statement by statement, in the transaction that moves it.
    """

    system = reference("governance.System", null=True, db_index=False)
    state = models.TextField()
    total = models.BigIntegerField()

    class Meta:
        db_table = "execution_ages"
        constraints = [
            models.UniqueConstraint(
                fields=["tenant", "system", "state"], nulls_distinct=False, name="execution_ages_one_each"
            )
        ]
