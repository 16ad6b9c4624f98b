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
    MANAGE_PROGRAMS = "manage_programs"
    MANAGE_TENANT = "manage_tenant"
    ASK = "ask"
    """Ask for a verdict that is kept: whether an action may happen."""
    STOP = "stop"
    LIFT_STOP = "lift_stop"
    SET_DRIFT = "set_drift"
    REQUEST = "request"
    """Hand in work: a request that is routed, decided, paid for and receipted."""
    SPEND = "spend"
    """Set money aside and settle it, without a request."""
    REPORT = "report"
    """Tell of tool calls and of what they used."""
    ROUTE = "route"
    """Write and switch the rules that requests follow."""
    APPROVE_TOOLS = "approve_tools"
    MANAGE_BUDGETS = "manage_budgets"
    RESTORE = "restore"
    """Bring back what was archived."""
    RETAIN = "retain"
    """Say how long things are kept: retention, legal holds, pruning."""


_DESK = {Capability.READ_RECORD, Capability.VERIFY}
CAPABILITIES: dict[Role, frozenset[Capability]] = {
    Role.MEMBER: frozenset({Capability.REQUEST}),
    Role.AUDITOR: frozenset(_DESK),
    Role.OPERATOR: frozenset(
        _DESK
        | {
            Capability.ASK,
            Capability.REQUEST,
            Capability.SPEND,
            Capability.REPORT,
            Capability.ROUTE,
            Capability.APPROVE_TOOLS,
            Capability.RESTORE,
            Capability.PROPOSE,
            Capability.DECIDE,
            Capability.ROLL_BACK,
            Capability.MANAGE_SYSTEMS,
            Capability.MANAGE_PROGRAMS,
            Capability.GRANT_AUTHORITY,
            Capability.STOP,
            Capability.SET_DRIFT,
        }
    ),
    Role.COMPLIANCE: frozenset(
        _DESK
        | {
            Capability.RESTORE,
            Capability.RETAIN,
            Capability.ASK,
            Capability.REQUEST,
            Capability.PROPOSE,
            Capability.DECIDE,
            Capability.ROLL_BACK,
            Capability.GRANT_AUTHORITY,
            Capability.STOP,
            Capability.LIFT_STOP,
            Capability.SET_DRIFT,
        }
    ),
    Role.SECURITY: frozenset(
        _DESK
        | {
            Capability.ASK,
            Capability.REQUEST,
            Capability.APPROVE_TOOLS,
            Capability.RESTORE,
            Capability.PROPOSE,
            Capability.DECIDE,
            Capability.ROLL_BACK,
            Capability.MANAGE_PROGRAMS,
            Capability.STOP,
            Capability.LIFT_STOP,
            Capability.SET_DRIFT,
        }
    ),
    Role.ADMIN: frozenset(
        _DESK
        | {
            Capability.REQUEST,
            Capability.ROUTE,
            Capability.MANAGE_BUDGETS,
            Capability.RESTORE,
            Capability.RETAIN,
            Capability.MANAGE_SYSTEMS,
            Capability.MANAGE_PEOPLE,
            Capability.MANAGE_PROGRAMS,
            Capability.FIX_DATA,
            Capability.STOP,
            Capability.LIFT_STOP,
            # decides only by an explicit, later reviewed override; `approvals` says when
            Capability.DECIDE,
        }
    ),
}


# What a system may be given by a token. Deciding is for people: a token of a system never holds it.
AGENT_CAPABILITIES = frozenset(
    {
        Capability.READ_RECORD,
        Capability.VERIFY,
        Capability.PROPOSE,
        Capability.ASK,
        Capability.REQUEST,
        Capability.SPEND,
        Capability.REPORT,
    }
)
# What platform staff may do in a tenant they visit: look, mend and let people in; never propose or decide.
STAFF_CAPABILITIES = frozenset(_DESK | {Capability.FIX_DATA, Capability.MANAGE_PEOPLE, Capability.MANAGE_TENANT})


class ActorKind(StrEnum):
    PERSON = "person"
    SYSTEM = "system"
    TARS = "tars"


@dataclass(frozen=True, slots=True)
class Actor:
    """A person, a system (an agent with a token of its own), or TARS itself.

    `user_id` is the id that keys and signatures carry: the user's, the system's, None for TARS. `sponsor_id` is the person who
    issued a system's token and answers for it.
    """

    kind: ActorKind
    name: str
    user_id: UUID | None = None
    sponsor_id: UUID | None = None

    @property
    def is_tars(self) -> bool:
        return self.kind is ActorKind.TARS

    @property
    def accountable_id(self) -> UUID | None:
        """The person behind the act, whom four eyes exclude: a system's sponsor, a person themselves, nobody for TARS."""
        return self.sponsor_id if self.kind is ActorKind.SYSTEM else self.user_id


_AGENT = " (agent)"


def agent_name(system_name: str) -> str:
    """How a system is called where it acts. No person is called so: people are called by their e-mail addresses."""
    return f"{system_name}{_AGENT}"


def system_of(actor: Actor) -> str:
    """The name of the system that acts; "" for a person and for TARS."""
    return actor.name.removesuffix(_AGENT) if actor.kind is ActorKind.SYSTEM else ""


def is_agent_name(name: str) -> bool:
    return name.endswith(_AGENT)


TARS = Actor(kind=ActorKind.TARS, name="TARS (autonomous)")


@dataclass(frozen=True, slots=True)
class Scope:
    """One actor inside one tenant, with the roles held there.

    `grants` is what a token holds (None: no token, the roles alone decide); it narrows a person's roles and is all a system has.
    `is_visit` marks platform staff who visit a tenant for a stated reason.
    """

    tenant_id: UUID
    actor: Actor
    roles: frozenset[Role] = frozenset()
    grants: frozenset[Capability] | None = None
    is_visit: bool = False

    def can(self, capability: Capability) -> bool:
        if self.actor.is_tars:
            return True
        if self.grants is not None and capability not in self.grants:
            return False
        if self.actor.kind is ActorKind.SYSTEM:
            return self.grants is not None and capability in AGENT_CAPABILITIES
        if self.is_visit and capability in STAFF_CAPABILITIES:
            return True
        return any(capability in CAPABILITIES[role] for role in self.roles)

    @property
    def person_id(self) -> UUID:
        """The acting person's user id; raises `NotAllowed` for a system and for TARS."""
        if self.actor.kind is not ActorKind.PERSON or self.actor.user_id is None:
            raise NotAllowed("Only a person can do this, signed in or with a token of their own.")
        return self.actor.user_id

    def why_not(self, capability: Capability, *, to: str) -> str:
        """What `demand` would refuse with, for a button shown disabled with its reason; "" when it would not."""
        try:
            self.demand(capability, to=to)
        except NotAllowed as refusal:
            return refusal.sentence
        return ""

    def demand(self, capability: Capability, *, to: str) -> None:
        """Raise `NotAllowed`, naming the roles that may, unless this scope has the capability. `to` completes "to …"."""
        if not self.can(capability):
            if self.grants is not None and capability not in self.grants:
                raise NotAllowed(
                    f"This token does not hold {capability.value}, which it takes to {to}. Issue one that does."
                )
            if self.actor.kind is ActorKind.SYSTEM:
                raise NotAllowed(f"A system cannot {to}; a person with the right role can.")
            holders = [ROLE_LABELS[role] for role in Role if capability in CAPABILITIES[role]] or ["Platform staff"]
            raise NotAllowed(f"You need the role {' or '.join(holders)} to {to}.")


def tars_scope(tenant_id: UUID) -> Scope:
    """TARS acting by itself inside a tenant."""
    return Scope(tenant_id=tenant_id, actor=TARS)
