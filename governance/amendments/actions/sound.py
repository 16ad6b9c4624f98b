"""Whether the rows about to be decided on are the ones the verbs wrote.

The application role could point a proposal at a forged revision or at a question that asks for less. Before an answer
counts, and before anything is applied, everything that follows from something else is derived again and compared.
"""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any

from governance import canonical
from governance.amendments import authority
from governance.amendments.attachments import attached
from governance.amendments.errors import Tampered
from governance.amendments.facts import requirements_of
from governance.amendments.kinds import AmendmentType, Basis
from governance.amendments.models import AmendmentProposal, ProposalRevision, Rollback
from governance.approvals.models import ApprovalRequest
from governance.approvals.quorum import Requirement
from governance.constitution.diff import Effect, changes, effect_of, stored
from governance.registry.models import System, SystemVersion
from governance.scope import Scope


def demand_sound(
    *, scope: Scope, proposal: AmendmentProposal, revision: ProposalRevision, system: System, request: ApprovalRequest
) -> None:
    """Raise `Tampered` unless revision and question follow from the proposal and today's constitution.

    INVARIANT: the caller has checked that base and policy version are today's.
    """
    new = canonical.loads_canonical(bytes(revision.new_constitution))
    effect = effect_of(changes(system.constitution, new))
    needed = requirements_of(
        scope=scope, type=AmendmentType(proposal.amendment_type), basis=Basis(proposal.basis), effect=effect
    )
    says = {
        "its effect": revision.effect == proposal.effect == effect.value,
        "its diff": revision.diff == _as_stored(stored(system.constitution, new)),
        "what was bound": _is_bound(proposal=proposal, revision=revision, system=system),
        "its digest": revision.digest == request.digest == canonical.digest_bytes(bytes(revision.bound)),
        "its constitution": revision.new_digest == canonical.digest_bytes(bytes(revision.new_constitution)),
        "its question": (request.subject_kind, request.subject_id) == ("amendment", proposal.id),
        "who must answer": _asks(request, needed),
        "its attachments": all(file.is_whole for file in attached(scope=scope, evidence=revision.evidence)),
        "who may not answer": request.excluded_user_id == proposal.proposer_id,
    }
    _demand(says, subject=proposal.label)


def demand_sound_rollback(*, subject: str, rollback: Rollback, fresh: Rollback, request: ApprovalRequest) -> None:
    """Raise `Tampered` unless a waiting rollback is the one that would be drafted now (`fresh`)."""
    needed = authority.roll_back_requirements(Effect(fresh.effect))
    says = {
        "its digest": rollback.digest == fresh.digest == request.digest,
        "its constitution": bytes(rollback.new_constitution) == bytes(fresh.new_constitution),
        "its effect": rollback.effect == fresh.effect,
        "its question": (request.subject_kind, request.subject_id) == ("rollback", rollback.id),
        "who must answer": _asks(request, needed),
    }
    _demand(says, subject=f"The rollback of {subject}")


def _is_bound(*, proposal: AmendmentProposal, revision: ProposalRevision, system: System) -> bool:
    """Whether the bound bytes say what the columns say. The date is compared as a moment, whatever its zone was."""
    bound = json.loads(bytes(revision.bound))
    effective_at = bound.pop("effective_at", None)
    if (datetime.fromisoformat(effective_at) if effective_at else None) != proposal.effective_at:
        return False
    base = SystemVersion.objects.only("digest").get(
        tenant_id=proposal.tenant_id, system=system, number=system.constitution_version
    )
    return bool(
        bound
        == {
            "system_id": str(proposal.system_id),
            "system_name": system.name,
            "amendment_type": proposal.amendment_type,
            "basis": proposal.basis,
            "base_version": system.constitution_version,
            "base_digest": base.digest,
            "new_digest": revision.new_digest,
            "diff": revision.diff,
            "evidence": revision.evidence,
            "policy_version": revision.policy_version,
        }
    )


def _as_stored(diff: dict[str, Any]) -> Any:
    return json.loads(json.dumps(diff))


def _asks(request: ApprovalRequest, needed: tuple[Requirement, ...]) -> bool:
    return list(request.requirements) == [requirement.as_json() for requirement in needed]


def _demand(says: dict[str, bool], *, subject: str) -> None:
    if wrong := [what for what, holds in says.items() if not holds]:
        raise Tampered(
            f"{subject} is not as TARS wrote it ({', '.join(wrong)}), so nothing was decided. Withdraw it and ask again; "
            "unless TARS was upgraded meanwhile, tell the security team."
        )
