"""Asking somebody in: seats are promised, links work once, for one address, for seven days."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection

from governance.errors import DomainError, NotAllowed, NotFound
from governance.identity.actions import (
    AccountExists,
    AlreadyInvited,
    AlreadyMember,
    BadAddress,
    InvitationOver,
    Invited,
    NoRole,
    SeatsTaken,
    WrongAddress,
    accept_invitation,
    add_member,
    invite,
    resend_invitation,
    revoke_invitation,
)
from governance.identity.models import Invitation, Membership, User
from governance.identity.queries import actor_of, scope_for
from governance.ids import new_id
from governance.ledger.models import LedgerEntry
from governance.scope import Role, Scope, tars_scope
from governance.tenancy import in_tenant
from tests import factories as make

DAY = timedelta(days=1)


@pytest.fixture
def cast(database: None) -> make.Cast:
    return make.cast()


def _address() -> str:
    return make.user("seed").email.replace("seed", "new")


def _invite(scope: Scope, email: str | None = None, **options: Any) -> Invited:
    wishes: dict[str, Any] = {"roles": [Role.AUDITOR], "at": make.AT}
    return invite(scope=scope, email=email or _address(), **{**wishes, **options})


def _newcomer(email: str) -> User:
    user = User(id=new_id(make.AT), email=email, name="New")
    user.set_password(make.PASSWORD)
    return user


def _accept(made: Invited, user: User, *, at: Any = make.AT) -> Membership:
    scope = Scope(tenant_id=made.invitation.tenant_id, actor=actor_of(user))
    return accept_invitation(scope=scope, secret=made.secret, user=user, at=at)


def _names(tenant_id: Any) -> list[str]:
    with in_tenant(tenant_id):
        rows = LedgerEntry.objects.filter(event_type="access").order_by("sequence")
        return list(rows.values_list("action_name", flat=True))


def test_newcomer__accepts__has_an_account_and_a_seat_and_is_on_the_ledger(cast: make.Cast) -> None:
    made = _invite(cast.tess, roles=[Role.OPERATOR, Role.SECURITY])
    _accept(made, _newcomer(made.invitation.email), at=make.AT + DAY)
    user = User.objects.get(email=made.invitation.email)
    scope = scope_for(user=user, tenant_id=cast.tenant.id)
    assert scope is not None and scope.roles == {Role.OPERATOR, Role.SECURITY}
    assert _names(cast.tenant.id)[-2:] == ["identity.invite", "identity.accept_invitation"]
    with in_tenant(cast.tenant.id):
        entries = LedgerEntry.objects.order_by("-sequence")
        assert entries[0].actor_name == user.email
        assert not any(made.secret in bytes(row.openings).decode() for row in entries), "no secret reaches the ledger"


def test_existing_person__of_another_tenant__accepts_with_their_account(cast: make.Cast) -> None:
    person = make.user("pat")
    made = _invite(cast.tess, person.email.upper())
    _accept(made, person)
    assert scope_for(user=person, tenant_id=cast.tenant.id) is not None


@pytest.mark.parametrize("name", ["ada", "bo", "uma", "sam", "mel"])
def test_invite__by_who_may_not__refused(cast: make.Cast, name: str) -> None:
    with pytest.raises(NotAllowed):
        _invite(getattr(cast, name))


def test_invitation__of_another_tenant__is_not_there(cast: make.Cast) -> None:
    made, mallory = _invite(cast.tess), make.stranger()
    for verb in (resend_invitation, revoke_invitation):
        with pytest.raises(NotFound):
            verb(scope=mallory, invitation_id=made.invitation.id, at=make.AT)
    person = make.user("pat")
    with pytest.raises(NotFound):
        accept_invitation(
            scope=Scope(tenant_id=mallory.tenant_id, actor=actor_of(person)),
            secret=made.secret,
            user=person,
            at=make.AT,
        )


def test_invite__member_invited_nobody_or_no_role__refused(cast: make.Cast) -> None:
    made = _invite(cast.tess)
    for email, options, error in (
        (cast.users["bo"].email, {}, AlreadyMember),
        (made.invitation.email, {}, AlreadyInvited),
        ("nobody", {}, BadAddress),
        ("", {}, BadAddress),
        (_address(), {"roles": []}, NoRole),
    ):
        with pytest.raises(error):
            invite(scope=cast.tess, email=email, **{"roles": [Role.AUDITOR], "at": make.AT, **options})


def test_invitation__expired__is_over_and_can_be_made_anew(cast: make.Cast) -> None:
    made = _invite(cast.tess)
    with pytest.raises(InvitationOver, match="expired"):
        _accept(made, _newcomer(made.invitation.email), at=make.AT + 7 * DAY)
    again = _invite(cast.tess, made.invitation.email, at=make.AT + 7 * DAY)
    with pytest.raises(InvitationOver, match="newer"):
        _accept(made, _newcomer(made.invitation.email), at=make.AT + 7 * DAY)
    _accept(again, _newcomer(made.invitation.email), at=make.AT + 8 * DAY)


def test_invitation__sent_again__only_the_newer_link_works(cast: make.Cast) -> None:
    made = _invite(cast.tess)
    again = resend_invitation(scope=cast.tess, invitation_id=made.invitation.id, at=make.AT + DAY)
    assert again.invitation.expires_at == make.AT + 8 * DAY and again.invitation.roles == made.invitation.roles
    with pytest.raises(InvitationOver):
        _accept(made, _newcomer(made.invitation.email), at=make.AT + DAY)
    _accept(again, _newcomer(made.invitation.email), at=make.AT + DAY)


def test_invitation__revoked_or_accepted__is_over(cast: make.Cast) -> None:
    revoked, accepted = _invite(cast.tess), _invite(cast.tess)
    revoke_invitation(scope=cast.tess, invitation_id=revoked.invitation.id, at=make.AT)
    person = _newcomer(accepted.invitation.email)
    _accept(accepted, person)
    for made, user in ((revoked, _newcomer(revoked.invitation.email)), (accepted, person)):
        with pytest.raises(InvitationOver):
            _accept(made, user)
        for verb in (resend_invitation, revoke_invitation):
            with pytest.raises(NotFound):
                verb(scope=cast.tess, invitation_id=made.invitation.id, at=make.AT)


def test_invitation__for_another_address__refused_and_still_open(cast: make.Cast) -> None:
    made = _invite(cast.tess)
    with pytest.raises(WrongAddress, match=made.invitation.email):
        _accept(made, make.user("pat"))
    _accept(made, _newcomer(made.invitation.email))


def test_newcomer__who_got_an_account_meanwhile__signs_in_first(cast: make.Cast) -> None:
    made = _invite(cast.tess)
    User.objects.create_user(email=made.invitation.email, password=make.PASSWORD)
    with pytest.raises(AccountExists):
        _accept(made, _newcomer(made.invitation.email))


# -- seats


def test_seats__open_invitations_count_until_they_end(database: None) -> None:
    home = make.tenant(max_users=2)
    scope = tars_scope(home.id)
    add_member(scope=scope, user=make.user("tess"), roles=[Role.ADMIN], at=make.AT)
    made = _invite(scope)
    with pytest.raises(SeatsTaken, match=r"allows 2 people and all seats are taken, 1 of them by open invitations"):
        _invite(scope)
    with pytest.raises(SeatsTaken):
        add_member(scope=scope, user=make.user("bo"), roles=[Role.OPERATOR], at=make.AT)
    resend_invitation(scope=scope, invitation_id=made.invitation.id, at=make.AT)
    later = make.AT + 8 * DAY
    other = make.user("cy")
    add_member(scope=scope, user=other, roles=[Role.OPERATOR], at=later)
    with in_tenant(home.id):
        expired = Invitation.objects.get(accepted_at=None, revoked_at=None)
    with pytest.raises(SeatsTaken):
        resend_invitation(scope=scope, invitation_id=expired.id, at=later)


def test_seats__promised__are_there_at_the_limit(database: None) -> None:
    home = make.tenant(max_users=1)
    made = _invite(tars_scope(home.id))
    _accept(made, _newcomer(made.invitation.email))
    with in_tenant(home.id):
        assert Membership.objects.filter(ended_at=None).count() == 1


def _at_once(*calls: Any) -> list[Any]:
    def run(call: Any) -> Any:
        try:
            return call()
        except DomainError as refusal:
            return refusal
        finally:
            connection.close()

    with ThreadPoolExecutor(len(calls)) as pool:
        return list(pool.map(run, calls))


def test_two_invited_at_once__to_the_last_seat__one_is_refused(database: None) -> None:
    home = make.tenant(max_users=1)
    scope, addresses = tars_scope(home.id), (_address(), _address())
    found = _at_once(*(lambda email=email: _invite(scope, email) for email in addresses))
    assert sorted(type(one).__name__ for one in found) == ["Invited", "SeatsTaken"]


def test_two_at_once__with_one_link__one_seat(cast: make.Cast) -> None:
    made = _invite(cast.tess)
    people = [_newcomer(made.invitation.email) for _ in range(2)]
    found = _at_once(*(lambda user=user: _accept(made, user) for user in people))
    assert sorted(type(one).__name__ for one in found) == ["InvitationOver", "Membership"]
    with in_tenant(cast.tenant.id):
        assert Membership.objects.filter(user__email=made.invitation.email).count() == 1
