"""Seats and roles: limits hold, somebody always manages people, and everything is on the ledger."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from django.db import DatabaseError

from governance.errors import NotAllowed, NotFound
from governance.identity.actions import (
    AlreadyMember,
    BadDeputy,
    LastAdmin,
    NoRole,
    SeatsTaken,
    add_member,
    end_deputy,
    register_deputy,
    remove_member,
    set_roles,
)
from governance.identity.models import Deputy, Membership
from governance.identity.queries import deputised_roles, holders, members, scope_for, seats
from governance.ledger.models import LedgerEntry
from governance.scope import Capability, Role, Scope, tars_scope
from governance.tenancy import in_tenant
from tests import factories as make
from tests.db.tenants.catalogue import run

DAY = timedelta(days=1)


@pytest.fixture
def cast(database: None) -> make.Cast:
    return make.cast()


def _add(scope: Scope, user: Any, *roles: Role) -> Membership:
    return add_member(scope=scope, user=user, roles=roles or [Role.AUDITOR], at=make.AT)


def _entries(cast: make.Cast, name: str) -> list[LedgerEntry]:
    with in_tenant(cast.tenant.id):
        return list(LedgerEntry.objects.filter(action_name=name).order_by("sequence"))


# -- who may


@pytest.mark.parametrize("name", ["ada", "bo", "uma", "sam", "mel"])
def test_people__managed_by_who_may_not__refused(cast: make.Cast, name: str) -> None:
    scope = getattr(cast, name)
    calls = [
        lambda: _add(scope, make.user("new")),
        lambda: set_roles(scope=scope, user=cast.users["mel"], roles=[Role.ADMIN], at=make.AT),
        lambda: remove_member(scope=scope, user=cast.users["tess"], at=make.AT),
    ]
    for call in calls:
        with pytest.raises(NotAllowed):
            call()
    assert len(_entries(cast, "identity.set_roles")) == 1, "the refusal is on the ledger"


def test_people__of_another_tenant__are_not_there(cast: make.Cast) -> None:
    mallory = make.stranger()
    for call in (
        lambda: set_roles(scope=mallory, user=cast.users["mel"], roles=[Role.ADMIN], at=make.AT),
        lambda: remove_member(scope=mallory, user=cast.users["mel"], at=make.AT),
    ):
        with pytest.raises(NotFound):
            call()
    with in_tenant(cast.tenant.id):
        assert members(scope=cast.tess) and {user.id for user in holders(scope=cast.tess, role=Role.ADMIN)} == {
            cast.users["tess"].id
        }


# -- seats


def test_seats__of_the_tier__are_not_exceeded_by_joining_or_coming_back(database: None) -> None:
    home = make.tenant(max_users=2)
    scope = tars_scope(home.id)
    first, second, third = (make.user(name) for name in ("ada", "bo", "cy"))
    _add(scope, first, Role.ADMIN)
    _add(scope, second)
    with pytest.raises(SeatsTaken, match="allows 2 people"):
        _add(scope, third)
    remove_member(scope=scope, user=second, at=make.AT)
    _add(scope, third)
    with pytest.raises(SeatsTaken):
        _add(scope, second)
    set_roles(scope=scope, user=third, roles=[Role.OPERATOR], at=make.AT)
    with in_tenant(home.id):
        assert Membership.objects.filter(ended_at=None).count() == 2


def test_seats__taken_by_raw_sql__refused_by_the_database(database: None) -> None:
    home = make.tenant(max_users=1)
    _add(tars_scope(home.id), make.user("ada"))
    other = make.user("bo")
    with pytest.raises(DatabaseError, match="tars_max_users"), in_tenant(home.id):
        run(
            "INSERT INTO memberships (id, tenant_id, user_id, roles, created_at) "
            "VALUES (gen_random_uuid(), %s, %s, '{auditor}', now())",
            home.id,
            other.id,
        )


def test_member__added_twice__refused_because_it_would_replace_roles(cast: make.Cast) -> None:
    with pytest.raises(AlreadyMember):
        _add(cast.tess, cast.users["tess"], Role.AUDITOR)
    with in_tenant(cast.tenant.id):
        assert Membership.objects.get(user=cast.users["tess"]).roles == [Role.ADMIN]


def test_member__who_left_and_came_back__keeps_one_row(cast: make.Cast) -> None:
    uma = cast.users["uma"]
    remove_member(scope=cast.tess, user=uma, at=make.AT)
    assert scope_for(user=uma, tenant_id=cast.tenant.id) is None
    _add(cast.tess, uma, Role.OPERATOR)
    scope = scope_for(user=uma, tenant_id=cast.tenant.id)
    assert scope is not None and scope.roles == {Role.OPERATOR}
    with in_tenant(cast.tenant.id):
        assert Membership.objects.filter(user=uma).count() == 1


@pytest.mark.parametrize("verb", ["add", "set"])
def test_member__without_a_role__refused(cast: make.Cast, verb: str) -> None:
    with pytest.raises(NoRole):
        if verb == "add":
            add_member(scope=cast.tess, user=make.user("new"), roles=[], at=make.AT)
        else:
            set_roles(scope=cast.tess, user=cast.users["uma"], roles=[], at=make.AT)


# -- somebody stays


def test_last_admin__cannot_leave_or_step_down(cast: make.Cast) -> None:
    tess = cast.users["tess"]
    with pytest.raises(LastAdmin):
        remove_member(scope=cast.tess, user=tess, at=make.AT)
    with pytest.raises(LastAdmin):
        set_roles(scope=cast.tess, user=tess, roles=[Role.OPERATOR], at=make.AT)
    set_roles(scope=cast.tess, user=tess, roles=[Role.ADMIN, Role.OPERATOR], at=make.AT)
    set_roles(scope=cast.tess, user=cast.users["ada"], roles=[Role.ADMIN], at=make.AT)
    remove_member(scope=cast.tess, user=tess, at=make.AT)
    with pytest.raises(LastAdmin):
        remove_member(scope=tars_scope(cast.tenant.id), user=cast.users["ada"], at=make.AT)


def test_roles__are_on_the_ledger_with_before_and_reason(cast: make.Cast) -> None:
    set_roles(scope=cast.tess, user=cast.users["uma"], roles=[Role.OPERATOR], reason="Joins the desk.", at=make.AT)
    (entry,) = _entries(cast, "identity.set_roles")
    content = bytes(entry.openings).decode()
    assert "Joins the desk." in content and '["auditor"]' in content and '["operator"]' in content


# -- scopes


def test_scope__of_a_switched_off_person_or_a_closed_tenant__is_none(cast: make.Cast) -> None:
    ada = cast.users["ada"]
    assert scope_for(user=ada, tenant_id=cast.tenant.id) is not None
    assert scope_for(user=ada, tenant_id=make.tenant().id) is None
    ada.is_active = False
    assert scope_for(user=ada, tenant_id=cast.tenant.id) is None
    with in_tenant(cast.tenant.id):
        run("UPDATE tenants SET is_active = false")
    assert seats(user=cast.users["bo"]) == ()


# -- deputies


def _register(cast: make.Cast, **options: Any) -> Deputy:
    wishes: dict[str, Any] = {
        "scope": cast.tess,
        "principal": cast.users["bo"],
        "deputy": cast.users["uma"],
        "role": Role.OPERATOR,
        "starts_at": make.AT,
        "ends_at": make.AT + DAY,
        "at": make.AT,
    }
    return register_deputy(**{**wishes, **options})


def test_deputy__that_cannot_stand_in__refused(cast: make.Cast) -> None:
    outsider = make.user("new")
    for options, error in (
        ({"deputy": cast.users["bo"]}, BadDeputy),
        ({"role": Role.COMPLIANCE}, BadDeputy),
        ({"ends_at": make.AT}, BadDeputy),
        ({"deputy": outsider}, NotFound),
        ({"principal": outsider}, NotFound),
        ({"scope": cast.cy}, NotAllowed),
    ):
        with pytest.raises(error):
            _register(cast, **options)


def test_deputy__registered_by_the_principal__lends_the_role_until_it_ends(cast: make.Cast) -> None:
    row = _register(cast, scope=cast.bo)
    with in_tenant(cast.tenant.id):
        assert deputised_roles(scope=cast.uma, at=make.AT) == {Role.OPERATOR: (cast.users["bo"].id,)}
        assert deputised_roles(scope=cast.uma, at=make.AT + DAY) == {}
        assert deputised_roles(scope=cast.mel, at=make.AT) == {}
    with pytest.raises(NotAllowed):
        end_deputy(scope=cast.uma, deputy_id=row.id, at=make.AT + DAY / 2)
    end_deputy(scope=cast.bo, deputy_id=row.id, at=make.AT + DAY / 2)
    with in_tenant(cast.tenant.id):
        assert deputised_roles(scope=cast.uma, at=make.AT + DAY / 2) == {}
    with pytest.raises(NotFound):
        end_deputy(scope=cast.bo, deputy_id=row.id, at=make.AT + DAY / 2)


def test_token__without_manage_people__neither_lends_a_role_nor_leaves_for_its_person(cast: make.Cast) -> None:
    bo = cast.users["bo"]
    program = replace(cast.bo, grants=frozenset(Capability) - {Capability.MANAGE_PEOPLE})
    row = _register(cast, scope=cast.bo)
    for act in (
        lambda: _register(cast, scope=program),
        lambda: end_deputy(scope=program, deputy_id=row.id, at=make.AT),
        lambda: remove_member(scope=program, user=bo, at=make.AT),
    ):
        with pytest.raises(NotAllowed, match="token does not hold manage_people"):
            act()
    admin = replace(cast.tess, grants=frozenset({Capability.MANAGE_PEOPLE}))
    end_deputy(scope=admin, deputy_id=row.id, at=make.AT)
    _register(cast, scope=admin)
    remove_member(scope=admin, user=bo, at=make.AT)


def test_deputy__ended_before_it_began__leaves_the_ledger_only(cast: make.Cast) -> None:
    row = _register(cast, starts_at=make.AT + DAY, ends_at=make.AT + 2 * DAY)
    end_deputy(scope=cast.bo, deputy_id=row.id, at=make.AT)
    with in_tenant(cast.tenant.id):
        assert not Deputy.objects.exists()
    assert len(_entries(cast, "identity.register_deputy")) == len(_entries(cast, "identity.end_deputy")) == 1
