from __future__ import annotations

from uuid import uuid4

import pytest

from governance.errors import NotAllowed
from governance.scope import (
    CAPABILITIES,
    ROLE_LABELS,
    STAFF_CAPABILITIES,
    TARS,
    Actor,
    ActorKind,
    Capability,
    Role,
    Scope,
    tars_scope,
)

PERSON = Actor(kind=ActorKind.PERSON, name="bo@example.org", user_id=uuid4())
READ, VERIFY = Capability.READ_RECORD, Capability.VERIFY
TABLE = {
    Role.MEMBER: {Capability.REQUEST},
    Role.AUDITOR: {READ, VERIFY},
    Role.OPERATOR: {
        READ,
        VERIFY,
        Capability.PROPOSE,
        Capability.DECIDE,
        Capability.ROLL_BACK,
        Capability.MANAGE_SYSTEMS,
        Capability.MANAGE_PROGRAMS,
        Capability.GRANT_AUTHORITY,
        Capability.STOP,
        Capability.SET_DRIFT,
        Capability.ASK,
        Capability.REQUEST,
        Capability.SPEND,
        Capability.REPORT,
        Capability.ROUTE,
        Capability.APPROVE_TOOLS,
        Capability.RESTORE,
    },
    Role.COMPLIANCE: {
        READ,
        VERIFY,
        Capability.PROPOSE,
        Capability.DECIDE,
        Capability.ROLL_BACK,
        Capability.GRANT_AUTHORITY,
        Capability.STOP,
        Capability.LIFT_STOP,
        Capability.SET_DRIFT,
        Capability.ASK,
        Capability.REQUEST,
        Capability.RESTORE,
        Capability.RETAIN,
    },
    Role.SECURITY: {
        READ,
        VERIFY,
        Capability.PROPOSE,
        Capability.DECIDE,
        Capability.ROLL_BACK,
        Capability.MANAGE_PROGRAMS,
        Capability.STOP,
        Capability.LIFT_STOP,
        Capability.SET_DRIFT,
        Capability.ASK,
        Capability.REQUEST,
        Capability.APPROVE_TOOLS,
        Capability.RESTORE,
    },
    Role.ADMIN: {
        READ,
        VERIFY,
        Capability.DECIDE,
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
    },
}


def _scope(*roles: Role) -> Scope:
    return Scope(tenant_id=uuid4(), actor=PERSON, roles=frozenset(roles))


@pytest.mark.parametrize("capability", Capability)
@pytest.mark.parametrize("role", Role)
def test_can__is_exactly_the_table(role: Role, capability: Capability) -> None:
    assert _scope(role).can(capability) == (capability in TABLE[role]) == (capability in CAPABILITIES[role])


def test_can__nobody_without_a_role_and_everything_of_all_roles_together() -> None:
    assert not any(_scope().can(capability) for capability in Capability)
    everything = set(Capability) - {Capability.MANAGE_TENANT}
    assert all(_scope(*Role).can(capability) for capability in everything)


def test_can__managing_a_tenant_is_for_visiting_staff_alone() -> None:
    visit = Scope(tenant_id=uuid4(), actor=PERSON, is_visit=True)
    assert {one for one in Capability if visit.can(one)} == STAFF_CAPABILITIES
    assert not _scope(*Role).can(Capability.MANAGE_TENANT)


def test_can__a_token_narrows_and_a_system_has_nothing_else() -> None:
    held = frozenset({Capability.PROPOSE, Capability.DECIDE})
    token = Scope(tenant_id=uuid4(), actor=PERSON, roles=frozenset({Role.OPERATOR}), grants=held)
    assert {one for one in Capability if token.can(one)} == held
    agent = Actor(kind=ActorKind.SYSTEM, name="clay", user_id=uuid4(), sponsor_id=PERSON.user_id)
    system = Scope(tenant_id=uuid4(), actor=agent, roles=frozenset(Role), grants=held)
    assert {one for one in Capability if system.can(one)} == {Capability.PROPOSE}
    assert not any(Scope(tenant_id=uuid4(), actor=agent).can(one) for one in Capability)
    assert agent.accountable_id == PERSON.user_id
    with pytest.raises(NotAllowed, match="person"):
        _ = system.person_id


def test_separation__who_mends_data_does_not_propose_and_who_proposes_does_not_mend() -> None:
    for role in Role:
        assert not {Capability.PROPOSE, Capability.FIX_DATA} <= CAPABILITIES[role]


def test_demand__names_the_roles_that_may() -> None:
    _scope(Role.OPERATOR).demand(Capability.PROPOSE, to="propose an amendment")
    with pytest.raises(NotAllowed) as refusal:
        _scope(Role.AUDITOR).demand(Capability.FIX_DATA, to="fix data")
    assert refusal.value.sentence == "You need the role Tenant admin to fix data."
    assert refusal.value.status == 403 and refusal.value.is_recorded


def test_tars__is_itself_and_nobody_else() -> None:
    scope = tars_scope(uuid4())
    assert scope.actor is TARS and scope.actor.is_tars and scope.actor.user_id is None
    assert TARS.name == "TARS (autonomous)", "seeds/000"
    assert not PERSON.is_tars


def test_roles__have_labels() -> None:
    assert set(ROLE_LABELS) == set(Role) == set(CAPABILITIES) and all(role.label for role in Role)


def test_scope__cannot_be_widened_in_place() -> None:
    with pytest.raises(AttributeError):
        _scope().roles = frozenset(Role)  # type: ignore[misc]
