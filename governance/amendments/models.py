from __future__ import annotations

from django.db import models
from django.db.models.functions import Now

from governance.amendments.kinds import AmendmentType, Basis, State
from governance.constitution.diff import Effect
from governance.rows import TenantRow, reference
from governance.scope import Role


def _choices(words: type[AmendmentType] | type[Basis] | type[State] | type[Effect]) -> list[tuple[str, str]]:
    return [(word.value, word.value.replace("_", " ").capitalize()) for word in words]


def _among(field: str, words: type[AmendmentType] | type[Basis] | type[State] | type[Effect]) -> models.Q:
    return models.Q(**{f"{field}__in": [word.value for word in words]})


class ConstitutionalAmendment(TenantRow):
    """An amendment that was applied (seeds/000, seeds/004 1), written whole; later only `rolled_back_at` is set, once."""

    number = models.BigIntegerField()
    proposal = reference("governance.AmendmentProposal", related_name="amendment")
    system = reference("governance.System", related_name="amendments")
    system_name = models.TextField()
    amendment_type = models.TextField(choices=_choices(AmendmentType))
    basis = models.TextField(choices=_choices(Basis), default=Basis.ORDINARY.value)
    effect = models.TextField(choices=_choices(Effect))
    sentence = models.TextField()
    old_constitution = models.JSONField()
    new_constitution = models.JSONField()
    diff = models.JSONField()
    evidence = models.JSONField()
    base_version = models.IntegerField()
    new_version = models.IntegerField()
    old_digest = models.TextField()
    new_digest = models.TextField()
    bound = models.BinaryField()
    digest = models.TextField()
    proposed_by = models.TextField()
    approved_by = models.TextField()
    approved_at = models.DateTimeField(db_default=Now())
    can_rollback = models.BooleanField(default=True, db_default=True)
    rolled_back_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "constitutional_amendments"
        constraints = [
            models.CheckConstraint(condition=_among("amendment_type", AmendmentType), name="amendments_type"),
            models.CheckConstraint(condition=_among("basis", Basis), name="amendments_basis"),
            models.CheckConstraint(condition=_among("effect", Effect), name="amendments_effect"),
            # seeds/000 Rule 2: irreversible only for compliance, security patches and data integrity
            models.CheckConstraint(
                condition=models.Q(basis=Basis.ORDINARY.value, can_rollback=True)
                | (~models.Q(basis=Basis.ORDINARY.value) & models.Q(can_rollback=False)),
                name="amendments_can_rollback",
            ),
            models.CheckConstraint(
                condition=models.Q(rolled_back_at=None) | models.Q(can_rollback=True), name="amendments_rolled_back"
            ),
            models.CheckConstraint(
                condition=~models.Q(evidence={}) & ~models.Q(evidence=None), name="amendments_evidence"
            ),
            models.CheckConstraint(condition=~models.Q(diff={}), name="amendments_diff"),
            models.CheckConstraint(condition=~models.Q(approved_by=""), name="amendments_approved_by"),
            models.CheckConstraint(
                condition=models.Q(new_version=models.F("base_version") + 1), name="amendments_version"
            ),
            models.UniqueConstraint(fields=["tenant", "number"], name="amendments_number"),
            models.UniqueConstraint(fields=["tenant", "proposal"], name="amendments_one_per_proposal"),
        ]
        indexes = [
            # covers the overview's counts: they never touch the wide rows
            models.Index(
                fields=["tenant", "-approved_at", "-id"],
                include=["system", "amendment_type", "rolled_back_at"],
                name="amendments_recent",
            ),
            models.Index(fields=["tenant", "system", "-approved_at"], name="amendments_of_system"),
        ]

    @property
    def label(self) -> str:
        return f"AMD-{self.number}"

    def __str__(self) -> str:
        return self.label


class AmendmentCount(TenantRow):
    """What was applied to one system and rolled back, up to one version of its constitution (`counting`)."""

    system = reference("governance.System", db_index=False)
    version = models.IntegerField()
    total = models.IntegerField()
    undone = models.IntegerField()

    class Meta:
        db_table = "amendment_counts"
        constraints = [models.UniqueConstraint(fields=["tenant", "system"], name="amendment_counts_one_each")]


class AmendmentDay(TenantRow):
    """The same of all systems, by the UTC day of `approved_at` and the type."""

    day = models.DateField()
    amendment_type = models.TextField()
    total = models.IntegerField()
    undone = models.IntegerField()

    class Meta:
        db_table = "amendment_days"
        constraints = [
            models.UniqueConstraint(fields=["tenant", "day", "amendment_type"], name="amendment_days_one_each")
        ]


class AmendmentProposal(TenantRow):
    """An amendment on its way, and the record of how it ended. What it says stands in its current revision."""

    number = models.BigIntegerField()
    system = reference("governance.System", related_name="proposals")
    amendment_type = models.TextField(choices=_choices(AmendmentType))
    basis = models.TextField(choices=_choices(Basis))
    state = models.TextField(choices=_choices(State), default=State.DRAFT.value)
    revision = models.IntegerField(default=1)
    effect = models.TextField(choices=_choices(Effect))
    sentence = models.TextField()
    proposer_id = models.UUIDField(null=True)
    proposed_by = models.TextField()
    created_at = models.DateTimeField()
    updated_at = models.DateTimeField()
    effective_at = models.DateTimeField(null=True)
    expires_at = models.DateTimeField()
    request = reference("governance.ApprovalRequest", null=True)

    class Meta:
        db_table = "amendment_proposals"
        constraints = [
            models.CheckConstraint(condition=_among("amendment_type", AmendmentType), name="proposals_type"),
            models.CheckConstraint(condition=_among("basis", Basis), name="proposals_basis"),
            models.CheckConstraint(condition=_among("state", State), name="proposals_state"),
            models.CheckConstraint(condition=_among("effect", Effect), name="proposals_effect"),
            models.UniqueConstraint(fields=["tenant", "number"], name="proposals_number"),
        ]
        indexes = [
            models.Index(fields=["tenant", "state", "-updated_at"], name="proposals_state"),
            models.Index(fields=["tenant", "system", "state"], name="proposals_system"),
            models.Index(fields=["tenant", "-number"], name="proposals_recent"),
        ]

    @property
    def label(self) -> str:
        return f"AMD-{self.number}"

    def __str__(self) -> str:
        return self.label


class ProposalRevision(TenantRow):
    """What a proposal says, once and for all: an edit or a rebase makes the next revision. Append-only."""

    proposal = reference("governance.AmendmentProposal", related_name="revisions")
    number = models.IntegerField()
    base_version = models.IntegerField()
    base_digest = models.TextField()
    new_constitution = models.BinaryField()
    new_digest = models.TextField()
    diff = models.JSONField()
    evidence = models.JSONField()
    sources = models.JSONField(default=dict)
    effect = models.TextField()
    sentence = models.TextField()
    policy_version = models.TextField()
    bound = models.BinaryField()
    digest = models.TextField()
    why = models.TextField(default="")
    by = models.TextField()
    at = models.DateTimeField()

    class Meta:
        db_table = "proposal_revisions"
        constraints = [models.UniqueConstraint(fields=["tenant", "proposal", "number"], name="revisions_number")]


class ProposalMove(TenantRow):
    """One move of a proposal: who, when, why. Append-only."""

    proposal = reference("governance.AmendmentProposal", related_name="moves")
    before = models.TextField()
    after = models.TextField()
    by = models.TextField()
    why = models.TextField(default="")
    at = models.DateTimeField()
    ledger_sequence = models.BigIntegerField()

    class Meta:
        db_table = "proposal_moves"
        indexes = [models.Index(fields=["tenant", "proposal", "id"], name="moves_of_proposal")]


class RollbackState(models.TextChoices):
    WAITING = "waiting", "Waits for a second person"
    DONE = "done", "Done"
    WITHDRAWN = "withdrawn", "Withdrawn"
    VOID = "void", "Void"


class Rollback(TenantRow):
    """An undo of one amendment, bound to the version it starts from."""

    amendment = reference("governance.ConstitutionalAmendment", related_name="rollbacks")
    system = reference("governance.System")
    state = models.TextField(choices=RollbackState.choices)
    reason = models.TextField()
    effect = models.TextField()
    sentence = models.TextField()
    diff = models.JSONField()
    base_version = models.IntegerField()
    base_digest = models.TextField()
    new_constitution = models.BinaryField()
    new_digest = models.TextField()
    bound = models.BinaryField()
    digest = models.TextField()
    request = reference("governance.ApprovalRequest")
    requested_by = models.TextField()
    requested_at = models.DateTimeField()
    done_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "rollbacks"
        constraints = [
            models.CheckConstraint(condition=models.Q(state__in=RollbackState.values), name="rollbacks_state"),
            models.UniqueConstraint(
                fields=["tenant", "amendment"],
                condition=models.Q(state__in=[RollbackState.WAITING, RollbackState.DONE]),
                name="rollbacks_one_each",
            ),
        ]


class StandingAuthority(TenantRow):
    """A person's grant under which TARS approves dream promotions alone (DESIGN.md section 3, A night)."""

    granted_by = models.TextField()
    granted_by_id = models.UUIDField()
    systems = models.JSONField(help_text="system ids as text; an empty list means every system")
    pointers = models.JSONField(help_text="{pointer: largest step, or null for listed variants}")
    max_per_week = models.PositiveSmallIntegerField(default=2)
    reason = models.TextField()
    granted_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    revoked_at = models.DateTimeField(null=True)
    revoked_because = models.TextField(default="")

    class Meta:
        db_table = "standing_authorities"
        verbose_name_plural = "standing authorities"
        constraints = [
            models.CheckConstraint(
                condition=models.Q(expires_at__gt=models.F("granted_at")), name="authorities_interval"
            ),
            models.CheckConstraint(condition=models.Q(max_per_week__gte=1), name="authorities_cap"),
        ]


class Quorum(TenantRow):
    """A tenant's wish for more approvers of a role, per type and effect (null effect: any)."""

    amendment_type = models.TextField(choices=_choices(AmendmentType))
    effect = models.TextField(null=True, blank=True, choices=_choices(Effect))
    role = models.TextField(choices=[(role.value, role.label) for role in Role])
    count = models.PositiveSmallIntegerField()

    class Meta:
        db_table = "quorums"
        constraints = [
            models.CheckConstraint(condition=models.Q(count__range=(1, 9)), name="quorums_count"),
            models.CheckConstraint(condition=_among("amendment_type", AmendmentType), name="quorums_type"),
            models.UniqueConstraint(
                fields=["tenant", "amendment_type", "effect", "role"], nulls_distinct=False, name="quorums_one_each"
            ),
        ]


class DecisionSnapshot(TenantRow):
    """What was on the page when somebody decided: canonical JSON named by its digest, which the ledger holds. Append-only."""

    decision = reference("governance.ApprovalDecision", related_name="snapshots")
    proposal = reference("governance.AmendmentProposal", related_name="snapshots")
    content = models.BinaryField()
    digest = models.TextField()
    at = models.DateTimeField()

    class Meta:
        db_table = "decision_snapshots"
        constraints = [models.UniqueConstraint(fields=["tenant", "decision"], name="decision_snapshots_one_each")]
