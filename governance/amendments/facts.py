"""What verbs and reads both look up: the current revision, the rules for approving, and what moved."""

from __future__ import annotations

from governance.amendments import authority
from governance.amendments.kinds import AmendmentType, Basis
from governance.amendments.models import AmendmentProposal, ProposalRevision, Quorum
from governance.approvals.quorum import Requirement
from governance.constitution.diff import Effect
from governance.registry.models import System
from governance.scope import Role, Scope


def base_moved(system: System, base_version: int | None) -> str:
    """Why a text made from `base_version` is out of date, or "": it would silently take back what came between."""
    if base_version is None or base_version == system.constitution_version:
        return ""
    return (
        f"{system.name} moved to version {system.constitution_version} while you edited version {base_version}. "
        "Start again from today's constitution; your text is still here to copy from."
    )


def current_revision(proposal: AmendmentProposal) -> ProposalRevision:
    return ProposalRevision.objects.get(proposal=proposal, number=proposal.revision)


def tenant_quorums(*, scope: Scope) -> tuple[authority.TenantQuorum, ...]:
    rows = Quorum.objects.filter(tenant_id=scope.tenant_id).order_by("id")
    return tuple(
        authority.TenantQuorum(
            type=AmendmentType(row.amendment_type),
            effect=Effect(row.effect) if row.effect else None,
            role=Role(row.role),
            count=row.count,
        )
        for row in rows
    )


def requirements_of(*, scope: Scope, type: AmendmentType, basis: Basis, effect: Effect) -> tuple[Requirement, ...]:
    return authority.requirements(type=type, basis=basis, effect=effect, quorums=tenant_quorums(scope=scope))
