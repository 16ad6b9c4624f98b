"""What the verbs share: locking (proposal, then system, then question, head last), moving, and the facts of a revision."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from governance.amendments.actions import tell
from governance.amendments.bound import bound_bytes
from governance.amendments.errors import WrongState
from governance.amendments.kinds import State, may_move
from governance.amendments.models import AmendmentProposal, ProposalMove, ProposalRevision
from governance.amendments.news import tell_programs
from governance.canonical import digest_bytes
from governance.errors import NotFound
from governance.ledger import actions as ledger
from governance.registry.models import System
from governance.scope import Scope


def locked(*, scope: Scope, number: int) -> AmendmentProposal:
    proposal = AmendmentProposal.objects.select_for_update().filter(tenant_id=scope.tenant_id, number=number).first()
    if proposal is None:
        raise NotFound(f"There is no amendment AMD-{number}.")
    return proposal


def locked_system(*, scope: Scope, system_id: UUID) -> System:
    # no_key: a new proposal refers to the system while it holds the counter, and must not wait for this lock there.
    return System.objects.select_for_update(no_key=True).get(tenant_id=scope.tenant_id, id=system_id)


def demand_state(proposal: AmendmentProposal, *allowed: State, to: str) -> None:
    if proposal.state not in allowed:
        word = State(proposal.state).value.replace("_", " ")
        raise WrongState(f"{proposal.label} is {word}, so you cannot {to} it. Reload to see what happened.")


def bind(*, proposal: AmendmentProposal, revision: ProposalRevision) -> None:
    """Fill in the revision's bound bytes and their digest."""
    revision.bound = bound_bytes(
        system_id=str(proposal.system_id),
        system_name=proposal.system.name,
        type=proposal.amendment_type,
        basis=proposal.basis,
        base_version=revision.base_version,
        base_digest=revision.base_digest,
        new_digest=revision.new_digest,
        diff=revision.diff,
        evidence=revision.evidence,
        effective_at=proposal.effective_at.isoformat() if proposal.effective_at else None,
        policy_version=revision.policy_version,
    )
    revision.digest = digest_bytes(revision.bound)


def move(
    *,
    scope: Scope,
    proposal: AmendmentProposal,
    to: State,
    verb: str,
    at: datetime,
    explanation: str,
    why: str = "",
    event_type: str = "constitutional_decision",
    details: Mapping[str, Any] | None = None,
    rules_applied: tuple[str, ...] = (),
    is_told: bool = True,
) -> None:
    """Move the proposal, with its line in the timeline, its entry on the ledger and its news for those whom it concerns."""
    before = State(proposal.state)
    if not may_move(before, to):
        raise WrongState(f"{proposal.label} is {before.value}; it cannot become {to.value}.")
    if is_told:
        tell.moved(scope=scope, proposal=proposal, before=before, to=to, why=why, details=details or {}, at=at)
    entry = ledger.append(
        scope=scope,
        at=at,
        event_type=event_type,
        action={
            "name": verb,
            "subject": proposal.label,
            "system": proposal.system.name,
            "amendment_type": proposal.amendment_type,
            "basis": proposal.basis,
            "effect": proposal.effect,
            "before": before.value,
            "after": to.value,
            "why": why,
            **(details or {}),
        },
        explanation=explanation,
        rules_applied=rules_applied,
    )
    ProposalMove.objects.create(
        id=entry.entry_id,
        tenant_id=scope.tenant_id,
        proposal=proposal,
        before=before.value,
        after=to.value,
        by=scope.actor.name,
        why=why,
        at=at,
        ledger_sequence=entry.sequence,
    )
    proposal.state, proposal.updated_at = to.value, at
    proposal.save(
        update_fields=["state", "updated_at", "revision", "effect", "sentence", "effective_at", "expires_at", "request"]
    )
    tell_programs(scope=scope, proposal=proposal, before=before, to=to, why=why, at=at)
