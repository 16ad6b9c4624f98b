"""From an idea to a question: propose, send, revise, rebase, withdraw."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from governance import canonical
from governance.amendments import authority
from governance.amendments import evidence as evidence_rules
from governance.amendments.actions.checks import (
    check_evidence,
    demand_ahead,
    demand_moved,
    demand_proposer,
    demand_sections,
    demand_seen,
)
from governance.amendments.actions.common import (
    bind,
    demand_state,
    locked,
    locked_system,
    move,
)
from governance.amendments.actions.decide import approve_under_authority, grant_for
from governance.amendments.actions.lawful import demand_lawful
from governance.amendments.attachments import with_files
from governance.amendments.deadlines import due_at
from governance.amendments.errors import EvidenceMissing, MergeConflict, TypeMisfit
from governance.amendments.facts import current_revision, requirements_of, tenant_quorums
from governance.amendments.kinds import AmendmentType, Basis, State
from governance.amendments.models import AmendmentProposal, ProposalRevision
from governance.approvals import actions as approvals
from governance.approvals.quorum import sentence as needs_sentence
from governance.constitution import schema
from governance.constitution.diff import Effect, changes, effect_of, stored
from governance.constitution.merge import merge
from governance.constitution.sentence import sentence
from governance.errors import NotAllowed, NotFound
from governance.ids import new_id
from governance.ledger.verbs import governed
from governance.registry.models import System, SystemVersion
from governance.registry.stones import demand_whole
from governance.scope import ActorKind, Capability, Scope, is_agent_name
from governance.tenants.actions import next_number

EXPIRES_AFTER = timedelta(days=30)


@governed("amendments.propose", subject="system_name")
def propose(
    *,
    scope: Scope,
    system_name: str,
    type: AmendmentType,
    basis: Basis,
    constitution: dict[str, Any],
    evidence: dict[str, Any],
    at: datetime,
    base_version: int | None = None,
    effective_at: datetime | None = None,
    expires_at: datetime | None = None,
    is_draft: bool = False,
    attachments: Sequence[UUID] = (),
) -> AmendmentProposal:
    """Propose that a system's constitution become `constitution`; with `is_draft`, only keep it.

    `base_version` is the version the proposer looked at, `attachments` are ids of uploads. Raises `NotAllowed`, `NotFound`,
    `InvalidConstitution`, `TypeMisfit`, `EvidenceMissing`, `MergeConflict` (the base moved meanwhile), `Invalid` (a date that
    lies in the past), `SystemDestroyed` and what `files.claim` raises. A dream promotion that a standing authority covers is
    approved and applied in the same transaction.
    """
    demand_proposer(scope=scope, type=type, basis=basis)
    system = System.objects.filter(tenant_id=scope.tenant_id, name=system_name).first()
    if system is None:
        raise NotFound(f"There is no system called {system_name}.")
    demand_whole(system)
    if type is AmendmentType.DREAM_PROMOTION:
        system = locked_system(scope=scope, system_id=system.id)
    demand_seen(system, base_version)
    demand_ahead(effective_at, at=at)
    evidence = with_files(scope=scope, evidence=evidence, file_ids=attachments, before={}, at=at)
    proposal = AmendmentProposal(
        id=new_id(at),
        tenant_id=scope.tenant_id,
        system=system,
        amendment_type=type.value,
        basis=basis.value,
        proposer_id=scope.actor.accountable_id,
        proposed_by=scope.actor.name,
        created_at=at,
        updated_at=at,
        effective_at=effective_at,
        expires_at=expires_at or max(at, effective_at or at) + EXPIRES_AFTER,
    )
    revision = _revision(
        scope=scope,
        proposal=proposal,
        system=system,
        constitution=constitution,
        evidence=evidence,
        sources={},
        why="",
        at=at,
    )
    proposal.number = next_number(tenant_id=scope.tenant_id, series="AMD")
    proposal.save(force_insert=True)
    revision.save(force_insert=True)
    if not is_draft:
        _send(scope=scope, proposal=proposal, revision=revision, verb="amendments.propose", at=at)
    return proposal


@governed("amendments.send", subject="number")
def send(*, scope: Scope, number: int, at: datetime) -> AmendmentProposal:
    """Send a draft to those who decide. Raises `NotAllowed`, `NotFound`, `WrongState`, `EvidenceMissing`."""
    proposal = own(scope=scope, number=number, to="send")
    demand_state(proposal, State.DRAFT, to="send")
    _send(scope=scope, proposal=proposal, revision=current_revision(proposal), verb="amendments.send", at=at)
    return proposal


@governed("amendments.revise", subject="number")
def revise(
    *,
    scope: Scope,
    number: int,
    constitution: dict[str, Any],
    evidence: dict[str, Any],
    why: str,
    at: datetime,
    base_version: int | None = None,
    effective_at: datetime | None = None,
    attachments: Sequence[UUID] | None = None,
) -> AmendmentProposal:
    """Make the next revision on today's constitution; approvals given so far are void. Only the proposer may.

    `base_version` is the version the reviser looked at; `attachments` None keeps the files there are. Raises what `propose`
    raises, and `WrongState`.
    """
    proposal = own(scope=scope, number=number, to="revise")
    demand_state(proposal, State.DRAFT, State.PROPOSED, State.CHANGES_REQUESTED, to="revise")
    before = current_revision(proposal)
    system = locked_system(scope=scope, system_id=proposal.system_id)
    demand_whole(system)
    demand_seen(system, base_version)
    if effective_at != proposal.effective_at:
        demand_ahead(effective_at, at=at)
    evidence = with_files(scope=scope, evidence=evidence, file_ids=attachments, before=before.evidence, at=at)
    proposal.effective_at = effective_at
    return renewed(
        scope=scope,
        proposal=proposal,
        before=before,
        constitution=constitution,
        evidence=evidence,
        why=why or "revised",
        verb="amendments.revise",
        at=at,
    )


@governed("amendments.rebase", subject="number")
def rebase(*, scope: Scope, number: int, at: datetime) -> AmendmentProposal:
    """Carry a proposal over to today's constitution by a three-way merge and ask again.

    Raises `NotAllowed`, `NotFound`, `WrongState`, `MergeConflict` naming the pointers, `TypeMisfit` if nothing is left.
    """
    if not scope.can(Capability.DECIDE):
        scope.demand(Capability.PROPOSE, to="rebase an amendment")
    proposal = locked(scope=scope, number=number)
    demand_state(proposal, State.PROPOSED, State.APPROVED, State.SCHEDULED, to="rebase")
    before = current_revision(proposal)
    system = locked_system(scope=scope, system_id=proposal.system_id)
    demand_moved(scope=scope, proposal=proposal, before=before, system=system)
    base = SystemVersion.objects.get(tenant_id=scope.tenant_id, system=system, number=before.base_version)
    merged = merge(
        canonical.loads_canonical(bytes(base.canonical)),
        system.constitution,
        canonical.loads_canonical(bytes(before.new_constitution)),
    )
    if merged.conflicts:
        raise MergeConflict(
            f"{system.name} changed in the same places since, so {proposal.label} cannot be carried over by itself. "
            "Ask the proposer to revise it.",
            problems=tuple((conflict.pointer, "changed on both sides") for conflict in merged.conflicts),
        )
    why = f"rebased from version {before.base_version} to {system.constitution_version}"
    return renewed(
        scope=scope,
        proposal=proposal,
        before=before,
        constitution=merged.document,
        evidence=before.evidence,
        why=why,
        verb="amendments.rebase",
        told=why,
        at=at,
    )


@governed("amendments.withdraw", subject="number")
def withdraw(*, scope: Scope, number: int, why: str, at: datetime) -> AmendmentProposal:
    """Take an open proposal back. Only the proposer or a tenant admin may."""
    proposal = locked(scope=scope, number=number)
    if not (_is_own(scope, proposal) or scope.actor.user_id == proposal.proposer_id):
        scope.demand(Capability.FIX_DATA, to="withdraw somebody else's amendment")
    demand_state(
        proposal, State.DRAFT, State.PROPOSED, State.CHANGES_REQUESTED, State.APPROVED, State.SCHEDULED, to="withdraw"
    )
    locked_system(scope=scope, system_id=proposal.system_id)
    _void(proposal, because="withdrawn", at=at)
    move(
        scope=scope,
        proposal=proposal,
        to=State.WITHDRAWN,
        verb="amendments.withdraw",
        at=at,
        why=why,
        explanation=f"{proposal.label} was withdrawn.",
        details={} if _is_own(scope, proposal) else _whose(proposal),
    )
    return proposal


def _send(
    *, scope: Scope, proposal: AmendmentProposal, revision: ProposalRevision, verb: str, at: datetime, why: str = ""
) -> None:
    """Ask the people whom type, basis and effect demand."""
    type, basis, effect = AmendmentType(proposal.amendment_type), Basis(proposal.basis), Effect(proposal.effect)
    if gaps := evidence_rules.missing(type=type, basis=basis, evidence=revision.evidence):
        raise EvidenceMissing(
            f"{type.label} needs evidence that is missing: {', '.join(item.label for item in gaps)}. Add it, then send.",
            problems=tuple((f"/evidence/{item.keys[0]}", f"{item.label} is missing") for item in gaps),
        )
    demand_sections(scope=scope, system=proposal.system, evidence=revision.evidence)
    needed = requirements_of(scope=scope, type=type, basis=basis, effect=effect)
    proposal.request = approvals.ask(
        scope=scope,
        subject_kind="amendment",
        subject_id=proposal.id,
        digest=revision.digest,
        requirements=needed,
        excluded_user_id=proposal.proposer_id,
        due_at=due_at(basis=basis, asked_at=at, effective_at=proposal.effective_at, expires_at=proposal.expires_at),
        at=at,
    )
    is_dream = scope.actor.is_tars and type is AmendmentType.DREAM_PROMOTION
    grant = grant_for(scope=scope, proposal=proposal, revision=revision, at=at) if is_dream else None
    move(
        scope=scope,
        proposal=proposal,
        to=State.PROPOSED,
        verb=verb,
        at=at,
        why=why,
        explanation=f"{proposal.label} asks: {proposal.sentence} It needs {needs_sentence(needed)}.",
        details={"revision": revision.number, "digest": revision.digest, "base_version": revision.base_version},
        rules_applied=("evidence_required", "type_fits_diff", "approval_authority"),
        # What TARS answers itself in the next line asks nobody.
        is_told=grant is None,
    )
    if grant is not None:
        approve_under_authority(scope=scope, proposal=proposal, revision=revision, grant=grant, at=at)


def renewed(
    *,
    scope: Scope,
    proposal: AmendmentProposal,
    before: ProposalRevision,
    constitution: dict[str, Any],
    evidence: dict[str, Any],
    why: str,
    verb: str,
    told: str = "",
    at: datetime,
) -> AmendmentProposal:
    """The next revision of a locked proposal, asked about again unless it is a draft; inside the caller's transaction."""
    system = locked_system(scope=scope, system_id=proposal.system_id)
    _void(proposal, because=why, at=at)
    proposal.revision += 1
    proposal.updated_at = at
    revision = _revision(
        scope=scope,
        proposal=proposal,
        system=system,
        constitution=constitution,
        evidence=evidence,
        sources=before.sources,
        why=why,
        at=at,
    )
    revision.save(force_insert=True)
    if proposal.state == State.DRAFT:
        proposal.save()
    else:
        _send(scope=scope, proposal=proposal, revision=revision, verb=verb, at=at, why=told)
    return proposal


def _revision(
    *,
    scope: Scope,
    proposal: AmendmentProposal,
    system: System,
    constitution: dict[str, Any],
    evidence: dict[str, Any],
    sources: Mapping[str, Any],
    why: str,
    at: datetime,
) -> ProposalRevision:
    """Check everything a revision says, describe it on the proposal, and bind it."""
    schema.check(constitution)
    check_evidence(evidence)
    type = AmendmentType(proposal.amendment_type)
    found = changes(system.constitution, constitution)
    if reason := authority.misfit(type=type, changes=found, old=system.constitution, new=constitution):
        raise TypeMisfit(reason)
    demand_lawful(scope=scope, proposal=proposal, system=system, new=constitution, at=at)
    proposal.effect, proposal.sentence = effect_of(found).value, sentence(found)
    new_bytes = canonical.canonical_bytes(constitution)
    base = SystemVersion.objects.only("digest").get(
        tenant_id=scope.tenant_id, system=system, number=system.constitution_version
    )
    revision = ProposalRevision(
        id=new_id(at),
        tenant_id=scope.tenant_id,
        proposal=proposal,
        number=proposal.revision,
        base_version=system.constitution_version,
        base_digest=base.digest,
        new_constitution=new_bytes,
        new_digest=canonical.digest_bytes(new_bytes),
        diff=stored(system.constitution, constitution),
        evidence=evidence,
        sources=_sources(scope=scope, evidence=evidence, known=sources, at=at),
        effect=proposal.effect,
        sentence=proposal.sentence,
        policy_version=authority.policy_version(tenant_quorums(scope=scope)),
        why=why,
        by=scope.actor.name,
        at=at,
    )
    bind(proposal=proposal, revision=revision)
    return revision


def _sources(
    *, scope: Scope, evidence: Mapping[str, Any], known: Mapping[str, Any], at: datetime
) -> dict[str, dict[str, str]]:
    """Who supplied each item of evidence, and when; an item that stays keeps its source."""
    fresh = {"source": scope.actor.name, "date": at.date().isoformat()}
    return {key: known.get(key, fresh) for key in evidence}


def own(*, scope: Scope, number: int, to: str) -> AmendmentProposal:
    """The proposal, locked, of whoever proposed it. Raises `NotFound`, `NotAllowed`."""
    proposal = locked(scope=scope, number=number)
    scope.demand(Capability.PROPOSE, to=f"{to} an amendment")
    if not _is_own(scope, proposal):
        raise NotAllowed(f"{proposal.proposed_by} proposed {proposal.label}; only they can {to} it.")
    return proposal


def _is_own(scope: Scope, proposal: AmendmentProposal) -> bool:
    """A system's proposal is the system's, though its sponsor answers for it; a sponsor's is not the system's."""
    is_accountable = scope.actor.accountable_id == proposal.proposer_id
    if scope.actor.kind is ActorKind.SYSTEM or is_agent_name(proposal.proposed_by):
        return is_accountable and proposal.proposed_by == scope.actor.name
    return is_accountable


def _whose(proposal: AmendmentProposal) -> dict[str, str | None]:
    """For the entry of somebody who withdraws another's: of a draft, the chain knows nothing yet."""
    return {
        "proposed_by": proposal.proposed_by,
        "proposer_id": str(proposal.proposer_id) if proposal.proposer_id else None,
    }


def _void(proposal: AmendmentProposal, *, because: str, at: datetime) -> None:
    """INVARIANT: the caller holds the system. Who applies another proposal voids this question while it holds the ledger's
    head; without the system's lock the two would wait for each other."""
    if proposal.request_id:
        approvals.void(request_id=proposal.request_id, because=because, at=at)
