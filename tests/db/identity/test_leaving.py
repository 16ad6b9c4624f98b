"""Somebody leaves: deputies end, questions move on to who can answer them, and admins hear of those that nobody can."""

from __future__ import annotations

from datetime import timedelta

import pytest

from governance.approvals.models import ApprovalRequest, Assignment, Snooze
from governance.errors import NotAllowed, NotFound
from governance.identity import leaving
from governance.identity.actions import LastAdmin, register_deputy, remove_member
from governance.identity.models import Deputy
from governance.identity.queries import scope_for
from governance.ids import new_id
from governance.ledger.models import LedgerEntry
from governance.notices.models import Notice
from governance.scope import Capability, Role, Scope
from governance.tenancy import in_tenant
from governance.tokens.actions import issue_token
from governance.tokens.models import ApiToken
from tests import factories as make

DAY = timedelta(days=1)


@pytest.fixture
def cast(database: None) -> make.Cast:
    return make.cast()


def _notices(cast: make.Cast) -> list[tuple[str, str, bool]]:
    names = {user.id: name for name, user in cast.users.items()}
    with in_tenant(cast.tenant.id):
        rows = Notice.objects.filter(kind="left").order_by("id")
        return [(names[row.user_id], row.sentence, row.is_urgent) for row in rows]


def test_leaving__by_oneself__ends_the_seat(cast: make.Cast) -> None:
    remove_member(scope=cast.mel, user=cast.users["mel"], at=make.AT)
    assert scope_for(user=cast.users["mel"], tenant_id=cast.tenant.id) is None
    with in_tenant(cast.tenant.id):
        entry = LedgerEntry.objects.get(action_name="identity.remove_member")
    assert f"{cast.users['mel'].email} left." in bytes(entry.openings).decode()
    with pytest.raises(NotFound):
        remove_member(scope=cast.mel, user=cast.users["mel"], at=make.AT)


def test_leaving__by_oneself_with_a_narrow_token_or_as_the_last_admin__refused(cast: make.Cast) -> None:
    token = Scope(cast.tenant.id, cast.mel.actor, cast.mel.roles, grants=frozenset({Capability.READ_RECORD}))
    with pytest.raises(NotAllowed):
        remove_member(scope=token, user=cast.users["mel"], at=make.AT)
    with pytest.raises(LastAdmin):
        remove_member(scope=cast.tess, user=cast.users["tess"], at=make.AT)


def test_leaving__ends_deputies_in_both_directions(cast: make.Cast) -> None:
    for principal, deputy, role in (("bo", "uma", Role.OPERATOR), ("ada", "bo", Role.COMPLIANCE)):
        register_deputy(
            scope=cast.tess,
            principal=cast.users[principal],
            deputy=cast.users[deputy],
            role=role,
            starts_at=make.AT,
            ends_at=make.AT + 5 * DAY,
            at=make.AT,
        )
    remove_member(scope=cast.tess, user=cast.users["bo"], at=make.AT + DAY)
    with in_tenant(cast.tenant.id):
        assert set(Deputy.objects.values_list("ends_at", flat=True)) == {make.AT + DAY}


def test_leaving__open_questions_move_on_and_the_others_are_told(cast: make.Cast) -> None:
    label = make.proposed(cast, by=cast.bo).label
    cast.users["dee"], _ = make.seated(tenant=cast.tenant, name="dee", roles=[Role.OPERATOR])
    with in_tenant(cast.tenant.id):
        request = ApprovalRequest.objects.get()
        for model in (Assignment, Snooze):
            extra = {"until": make.AT + DAY} if model is Snooze else {"by": "x"}
            model.objects.create(  # type: ignore[attr-defined]
                id=new_id(make.AT),
                tenant_id=cast.tenant.id,
                request=request,
                user=cast.users["cy"],
                at=make.AT,
                **extra,
            )
        said = leaving.preview(scope=cast.tess, user=cast.users["cy"], roles=cast.cy.roles, at=make.AT)
    assert any(label in one and "can answer it" in one for one in said)
    remove_member(scope=cast.tess, user=cast.users["cy"], at=make.AT)
    with in_tenant(cast.tenant.id):
        assert not Assignment.objects.exists() and not Snooze.objects.exists()
    assert _notices(cast) == [("dee", f"Cy left; {label} now waits for you.", False)]


def test_leaving__the_only_one_who_could_answer__tells_the_admins(cast: make.Cast) -> None:
    patch = make.proposed(
        cast,
        by=cast.sam,
        type=make.AmendmentType.GOVERNANCE_TIGHTENING,
        requires_approval=["upload_payroll_entries", "audit", "deletion"],
    )
    remove_member(scope=cast.tess, user=cast.users["uma"], at=make.AT)
    assert _notices(cast) == [], "an auditor answers nothing"
    with in_tenant(cast.tenant.id):
        said = leaving.preview(scope=cast.tess, user=cast.users["sam"], roles=cast.sam.roles, at=make.AT)
    assert any(patch.label in one and "stays as it is" in one for one in said)
    remove_member(scope=cast.ada, user=cast.users["ada"], at=make.AT)
    told = _notices(cast)
    assert [name for name, _, _ in told] == ["tess"] and told[0][2]
    assert "nobody is left" in told[0][1]


def test_leaving__ends_ones_tokens_and_those_of_systems_one_answers_for(cast: make.Cast) -> None:
    for system in ("", cast.system.name):
        issue_token(
            scope=cast.bo,
            name="nightly",
            scopes=[Capability.READ_RECORD],
            days=30,
            system_name=system,
            at=make.AT,
        )
    with in_tenant(cast.tenant.id):
        said = leaving.preview(scope=cast.tess, user=cast.users["bo"], roles=cast.bo.roles, at=make.AT)
    assert "The token nightly of clay-consigliere ends, and whatever uses it is refused." in said
    remove_member(scope=cast.tess, user=cast.users["bo"], at=make.AT)
    with in_tenant(cast.tenant.id):
        assert set(ApiToken.objects.values_list("revoked_at", flat=True)) == {make.AT}
