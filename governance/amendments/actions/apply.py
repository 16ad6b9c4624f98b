"""The gated write path: an approved change becomes the constitution (DESIGN.md contract 1)."""

from __future__ import annotations

from datetime import datetime

from governance import canonical
from governance.amendments import authority
from governance.amendments.actions import tell
from governance.amendments.actions.common import locked, locked_system, move
from governance.amendments.actions.lawful import LawForbids, demand_lawful
from governance.amendments.actions.sound import demand_sound
from governance.amendments.facts import current_revision, tenant_quorums
from governance.amendments.kinds import Basis, State
from governance.amendments.models import AmendmentProposal, ConstitutionalAmendment, ProposalRevision, Rollback
from governance.approvals import actions as approvals
from governance.approvals.models import ApprovalDecision, RequestState, Verdict
from governance.errors import NotAllowed
from governance.ids import new_id
from governance.ledger.verbs import governed
from governance.policy.errors import Unsound
from governance.registry.actions import write_version
from governance.registry.models import Cause, System
from governance.scope import Scope


def apply_approved(
    *, scope: Scope, proposal: AmendmentProposal, revision: ProposalRevision, system: System, at: datetime
) -> ConstitutionalAmendment | None:
    """Apply an approved proposal, or schedule it when its effective date lies ahead. Inside the deciding transaction."""
    if proposal.effective_at is not None and proposal.effective_at > at:
        move(
            scope=scope,
            proposal=proposal,
            to=State.SCHEDULED,
            verb="amendments.schedule",
            at=at,
            explanation=f"{proposal.label} is approved and takes effect on {proposal.effective_at:%d %B %Y, %H:%M} UTC.",
            details={"effective_at": proposal.effective_at.isoformat(), "digest": revision.digest},
        )
        return None
    return _apply(scope=scope, proposal=proposal, revision=revision, system=system, at=at)


@governed("amendments.apply_due", subject="number")
def apply_due(*, scope: Scope, number: int, at: datetime) -> AmendmentProposal:
    """Apply a scheduled proposal whose time has come; if its base moved, ask again instead. Runs twice without harm."""
    _demand_tars(scope)
    proposal = locked(scope=scope, number=number)
    if proposal.state != State.SCHEDULED or proposal.effective_at is None or proposal.effective_at > at:
        return proposal
    system = locked_system(scope=scope, system_id=proposal.system_id)
    revision = current_revision(proposal)
    stale_policy = revision.policy_version != authority.policy_version(tenant_quorums(scope=scope))
    assert proposal.request_id is not None
    if system.constitution_version == revision.base_version and not stale_policy:
        request = approvals.met(scope=scope, request_id=proposal.request_id)
        demand_sound(scope=scope, proposal=proposal, revision=revision, system=system, request=request)
        try:
            _apply(scope=scope, proposal=proposal, revision=revision, system=system, at=at)
        except (LawForbids, Unsound) as refusal:
            because = f"the law in force stands against it ({refusal.sentence.rstrip('.')})"
        else:
            return proposal
    else:
        because = f"{system.name} or the rules for approving moved before the effective date"
    approvals.void(request_id=proposal.request_id, because=because, at=at)
    move(
        scope=scope,
        proposal=proposal,
        to=State.PROPOSED,
        verb="amendments.apply_due",
        at=at,
        why=because,
        explanation=f"{proposal.label} could not take effect: {because}. It needs a rebase and new approvals.",
    )
    return proposal


@governed("amendments.expire_due", subject="number")
def expire_due(*, scope: Scope, number: int, at: datetime) -> AmendmentProposal:
    """Close a proposal that nobody decided in time. Runs twice without harm."""
    _demand_tars(scope)
    proposal = locked(scope=scope, number=number)
    if proposal.state not in (State.DRAFT, State.PROPOSED, State.CHANGES_REQUESTED) or proposal.expires_at > at:
        return proposal
    locked_system(scope=scope, system_id=proposal.system_id)
    if proposal.request_id:
        approvals.void(request_id=proposal.request_id, because="expired", at=at)
    move(
        scope=scope,
        proposal=proposal,
        to=State.EXPIRED,
        verb="amendments.expire_due",
        at=at,
        why="nobody decided in time",
        explanation=f"{proposal.label} expired: nobody decided in time.",
    )
    return proposal


def void_others(
    *, scope: Scope, system: System, except_proposal: AmendmentProposal, because: str, at: datetime
) -> None:
    """Void what waits on the old version: open questions about this system, amendments and rollbacks alike.

    Their rows are not locked: every verb takes its proposal, then the system, then the question, and this transaction
    holds the system.
    """
    proposals = (
        AmendmentProposal.objects.filter(tenant_id=scope.tenant_id, system=system)
        .exclude(id=except_proposal.id)
        .filter(request__state__in=[RequestState.OPEN, RequestState.MET])
        .exclude(state__in=[State.APPLIED, State.ROLLED_BACK])
        .values_list("request_id", flat=True)
    )
    rollbacks = Rollback.objects.filter(
        tenant_id=scope.tenant_id, system=system, request__state=RequestState.OPEN
    ).values_list("request_id", flat=True)
    requests = sorted([*proposals, *rollbacks])
    for request_id in requests:
        approvals.void(request_id=request_id, because=because, at=at)
    tell.went_stale(scope=scope, system=system, requests=requests, because=because, at=at)


def approvers(proposal: AmendmentProposal) -> str:
    """Who said yes, in order: the `approved_by` of the sources."""
    names = ApprovalDecision.objects.filter(request_id=proposal.request_id, verdict=Verdict.APPROVE).order_by(
        "at", "id"
    )
    return ", ".join(names.values_list("actor_name", flat=True))


def _apply(
    *, scope: Scope, proposal: AmendmentProposal, revision: ProposalRevision, system: System, at: datetime
) -> ConstitutionalAmendment:
    """INVARIANT: the caller holds the locks of proposal and system and has checked base and policy version."""
    new = canonical.loads_canonical(bytes(revision.new_constitution))
    demand_lawful(scope=scope, proposal=proposal, system=system, new=new, at=at)
    amendment = ConstitutionalAmendment.objects.create(
        id=new_id(at),
        tenant_id=scope.tenant_id,
        number=proposal.number,
        proposal=proposal,
        system=system,
        system_name=system.name,
        amendment_type=proposal.amendment_type,
        basis=proposal.basis,
        effect=revision.effect,
        sentence=revision.sentence,
        old_constitution=system.constitution,
        new_constitution=new,
        diff=revision.diff,
        evidence=revision.evidence,
        base_version=revision.base_version,
        new_version=revision.base_version + 1,
        old_digest=revision.base_digest,
        new_digest=revision.new_digest,
        bound=bytes(revision.bound),
        digest=revision.digest,
        proposed_by=proposal.proposed_by,
        approved_by=approvers(proposal),
        approved_at=at,
        can_rollback=Basis(proposal.basis).can_roll_back,
    )
    write_version(
        system=system,
        constitution=new,
        cause=Cause.AMENDMENT,
        amendment_id=amendment.id,
        at=at,
        by=amendment.approved_by,
    )
    void_others(scope=scope, system=system, except_proposal=proposal, because=f"{proposal.label} was applied", at=at)
    move(
        scope=scope,
        proposal=proposal,
        to=State.APPLIED,
        verb="amendments.apply",
        at=at,
        event_type="constitutional_change",
        explanation=f"{proposal.label} took effect on {system.name}: {revision.sentence}",
        details={
            "amendment_id": str(amendment.id),
            "system_id": str(system.id),
            "digest": revision.digest,
            "base_version": revision.base_version,
            "new_version": revision.base_version + 1,
            "old_digest": revision.base_digest,
            "new_digest": revision.new_digest,
            "diff": revision.diff,
            "evidence": revision.evidence,
            "bound": bytes(revision.bound).decode(),
            "approved_by": amendment.approved_by,
            "can_rollback": amendment.can_rollback,
        },
        rules_applied=("evidence_required", "rollback_safety", "approval_authority", "diff_tracking"),
    )
    return amendment


def _demand_tars(scope: Scope) -> None:
    if not scope.actor.is_tars:
        raise NotAllowed("Only TARS's clock does this.")
