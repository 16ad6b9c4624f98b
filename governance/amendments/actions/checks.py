"""What a proposal, a revision and a rebase are refused for before anything is written."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from governance import canonical
from governance.amendments import authority, sections
from governance.amendments.errors import CasesBroken, MergeConflict, TypeMisfit, UnknownSection, WrongState
from governance.amendments.facts import base_moved, tenant_quorums
from governance.amendments.kinds import AmendmentType, Basis
from governance.amendments.models import AmendmentProposal, ProposalRevision
from governance.amendments.queries.rule_change import rule_change
from governance.approvals.models import RequestState
from governance.errors import Invalid, NotAllowed
from governance.registry.models import System
from governance.rulebook import law_document
from governance.rulebook.gather import law_in_force
from governance.scope import ROLE_LABELS, ActorKind, Capability, Role, Scope

EVIDENCE_BYTES = 256 * 1024


def check_evidence(evidence: Any) -> None:
    if not isinstance(evidence, dict):
        raise Invalid("Evidence is an object of named items.", problems=(("/evidence", "must be an object"),))
    canonical.check_value(evidence, refuses_big_doubles=True)
    if len(canonical.canonical_bytes(evidence)) > EVIDENCE_BYTES:
        raise Invalid("The evidence is larger than 256 KiB. Keep the figures and link the rest.")


def demand_sections(*, scope: Scope, system: System, evidence: Mapping[str, Any]) -> None:
    """Raise `UnknownSection` for evidence that cites what the tenant's gov.md does not hold. A change of the law itself may cite
    what it brings."""
    text = evidence.get("gov_md_section")
    if not isinstance(text, str) or system.name == law_document.SYSTEM_NAME:
        return
    clauses = law_in_force(scope=scope).clauses
    if wrong := sections.unknown(text, clauses):
        raise UnknownSection(
            f"gov.md has no section {', '.join(wrong)[:200]}. It has {sections.listed(clauses)}.",
            problems=tuple(("/evidence/gov_md_section", f"{part[:80]} is not in gov.md") for part in wrong),
        )


def demand_proposer(*, scope: Scope, type: AmendmentType, basis: Basis) -> None:
    scope.demand(Capability.PROPOSE, to="propose an amendment")
    if type is AmendmentType.DREAM_PROMOTION:
        if not scope.actor.is_tars:
            raise NotAllowed("Only TARS promotes a dream. Propose a manual update instead.")
        if basis is not Basis.ORDINARY:
            raise TypeMisfit("A dream promotion has the ordinary basis.")
    elif scope.actor.kind is ActorKind.SYSTEM:
        if basis is not Basis.ORDINARY:
            raise NotAllowed(f"A system proposes on the ordinary basis only; a person proposes {basis.label.lower()}.")
    elif not scope.actor.is_tars and not scope.roles & authority.PROPOSERS[basis]:
        names = " or ".join(ROLE_LABELS[role] for role in Role if role in authority.PROPOSERS[basis])
        raise NotAllowed(f"A change on the basis {basis.label.lower()} is proposed by {names}.")


def demand_seen(system: System, base_version: int | None) -> None:
    if moved := base_moved(system, base_version):
        raise MergeConflict(moved)


def demand_ahead(effective_at: datetime | None, *, at: datetime) -> None:
    if effective_at is not None and effective_at <= at:
        raise Invalid(
            "The date on which it should take effect lies in the past. Leave it out to take effect when approved.",
            problems=(("/effective_at", "lies in the past"),),
        )


def demand_moved(*, scope: Scope, proposal: AmendmentProposal, before: ProposalRevision, system: System) -> None:
    """A rebase voids approvals, so it needs a cause."""
    is_today = system.constitution_version == before.base_version and before.policy_version == authority.policy_version(
        tenant_quorums(scope=scope)
    )
    if is_today and proposal.request is not None and proposal.request.state in (RequestState.OPEN, RequestState.MET):
        raise WrongState(
            f"Nothing moved since {proposal.label} was proposed: its approvals stand, no rebase is needed."
        )


def breaks_cases(*, scope: Scope, proposal: AmendmentProposal, revision: ProposalRevision, at: datetime) -> list[str]:
    """Names of saved cases that pass under the law in force and would fail under the amendment."""
    found = rule_change(scope=scope, proposal=proposal, revision=revision, at=at)
    return [turned.after.case.name for turned in found.cases.broken] if found else []


def demand_cases(
    *, scope: Scope, proposal: AmendmentProposal, revision: ProposalRevision, note: str, at: datetime
) -> None:
    """Raise `CasesBroken` unless the saved cases hold, or the approver's note says why they should not."""
    if note.strip():
        return
    if broken := breaks_cases(scope=scope, proposal=proposal, revision=revision, at=at):
        rest = f" and {len(broken) - 3} more" if len(broken) > 3 else ""
        names = ", ".join(f"“{name}”" for name in broken[:3])
        raise CasesBroken(
            f"{names}{rest} would no longer hold under {proposal.label}. Say in your note why that is right, or ask for changes."
        )
