"""Who acts, for which tenant, in which roles. Pure: every query and verb demands a `Scope` and trusts nothing else."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from uuid import UUID

from governance.errors import NotAllowed


class Role(StrEnum):
    MEMBER = "member"
    OPERATOR = "operator"
    COMPLIANCE = "compliance_officer"
    SECURITY = "security"
    AUDITOR = "auditor"
    ADMIN = "tenant_admin"

    @property
    def label(self) -> str:
        return ROLE_LABELS[self]


ROLE_LABELS = {
    Role.MEMBER: "Member",
    Role.OPERATOR: "Operator",
    Role.COMPLIANCE: "Compliance officer",
    Role.SECURITY: "Security",
    Role.AUDITOR: "Auditor",
    Role.ADMIN: "Tenant admin",
}


class Capability(StrEnum):
    """What a role may do; a verb asks for exactly one."""

    READ_RECORD = "read_record"
    PROPOSE = "propose"
    DECIDE = "decide"
    ROLL_BACK = "roll_back"
    VERIFY = "verify"
    MANAGE_SYSTEMS = "manage_systems"
    MANAGE_PEOPLE = "manage_people"
    GRANT_AUTHORITY = "grant_authority"
    FIX_DATA = "fix_data"


_DESK = {Capability.READ_RECORD, Capability.VERIFY}
CAPABILITIES: dict[Role, frozenset[Capability]] = {
    Role.MEMBER: frozenset(),
    Role.AUDITOR: frozenset(_DESK),
    Role.OPERATOR: frozenset(
        _DESK
        | {
            Capability.PROPOSE,
            Capability.DECIDE,
            Capability.ROLL_BACK,
            Capability.MANAGE_SYSTEMS,
            Capability.GRANT_AUTHORITY,
        }
    ),
    Role.COMPLIANCE: frozenset(
        _DESK | {Capability.PROPOSE, Capability.DECIDE, Capability.ROLL_BACK, Capability.GRANT_AUTHORITY}
    ),
    Role.SECURITY: frozenset(_DESK | {Capability.PROPOSE, Capability.DECIDE, Capability.ROLL_BACK}),
    Role.ADMIN: frozenset(
        _DESK
        | {
            Capability.MANAGE_SYSTEMS,
            Capability.MANAGE_PEOPLE,
            Capability.FIX_DATA,
            # decides only by an explicit, later reviewed override; `approvals` says when
            Capability.DECIDE,
        }
    ),
}


class ActorKind(StrEnum):
    PERSON = "person"
    TARS = "tars"


@dataclass(frozen=True, slots=True)
class Actor:
    """A person (with a user id) or TARS itself (without)."""

    kind: ActorKind
    name: str
    user_id: UUID | None = None

    @property
    def is_tars(self) -> bool:
        return self.kind is ActorKind.TARS


TARS = Actor(kind=ActorKind.TARS, name="TARS (autonomous)")


@dataclass(frozen=True, slots=True)
class Scope:
    """One actor inside one tenant, with the roles held there."""

    tenant_id: UUID
    actor: Actor
    roles: frozenset[Role] = frozenset()

    def can(self, capability: Capability) -> bool:
        return self.actor.is_tars or any(capability in CAPABILITIES[role] for role in self.roles)

    def demand(self, capability: Capability, *, to: str) -> None:
        """Raise `NotAllowed`, naming the roles that may, unless this scope has the capability. `to` completes "to …"."""
        if not self.can(capability):
            holders = [ROLE_LABELS[role] for role in Role if capability in CAPABILITIES[role]]
            raise NotAllowed(f"You need the role {' or '.join(holders)} to {to}.")


def tars_scope(tenant_id: UUID) -> Scope:
    """TARS acting by itself inside a tenant."""
    return Scope(tenant_id=tenant_id, actor=TARS)
