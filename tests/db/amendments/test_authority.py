"""Who may say yes: deputies, overrides and their reviews, TARS under a standing authority, quorums."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest

from governance.amendments import actions as amendments
from governance.amendments.kinds import AmendmentType, Basis
from governance.amendments.models import AmendmentProposal
from governance.approvals.actions import (
    AlreadyDecided,
    NoteMissing,
    OverrideNotNeeded,
    OwnProposal,
    ReasonTooShort,
    review_override,
)
from governance.approvals.models import ApprovalDecision, Via
from governance.errors import NotAllowed, NotFound
from governance.identity.actions import end_deputy, register_deputy, remove_member, set_roles
from governance.identity.confirm import Confirmation, NotConfirmed
from governance.identity.models import Deputy
from governance.ledger.models import LedgerEntry
from governance.scope import Role, Scope
from governance.tenancy import in_tenant
from tests import factories as make

DAY = timedelta(days=1)


@pytest.fixture
def cast(database: None) -> make.Cast:
    return make.cast()


def _decision(cast: make.Cast, scope: Scope) -> ApprovalDecision:
    with in_tenant(cast.tenant.id):
        return ApprovalDecision.objects.get(user_id=scope.actor.user_id)


# -- deputies


def _deputise(cast: make.Cast, *, principal: str = "bo", deputy: str = "uma", role: Role = Role.OPERATOR) -> Deputy:
    return register_deputy(
        scope=cast.tess,
        principal=cast.users[principal],
        deputy=cast.users[deputy],
        role=role,
        starts_at=make.AT + DAY,
        ends_at=make.AT + 8 * DAY,
        at=make.AT,
    )


def test_deputy__of_the_sole_operator__decides_what_the_operator_proposed(cast: make.Cast) -> None:
    """The seeds' tenant with one operator: the deputy stands in, the proposer never does."""
    remove_member(scope=cast.tess, user=cast.users["cy"], at=make.AT)
    _deputise(cast)
    proposal = make.proposed(cast, at=make.AT + DAY)
    with pytest.raises(OwnProposal):
        make.approve(cast.bo, proposal, at=make.AT + 2 * DAY)
    assert make.approve(cast.uma, proposal, at=make.AT + 2 * DAY).state == "applied"
    assert _decision(cast, cast.uma).via == Via.DEPUTY


@pytest.mark.parametrize("at", [make.AT, make.AT + 8 * DAY, make.AT + 9 * DAY])
def test_deputy__outside_the_dates__counts_for_nothing(cast: make.Cast, at: datetime) -> None:
    _deputise(cast)
    proposal = make.proposed(cast)
    with pytest.raises(NotAllowed):
        make.approve(cast.uma, proposal, at=at)
    assert make.state_of(cast.bo, proposal) == "proposed"


def test_deputy__ended_early__counts_for_nothing(cast: make.Cast) -> None:
    row = _deputise(cast)
    proposal = make.proposed(cast)
    end_deputy(scope=cast.bo, deputy_id=row.id, at=make.AT + 2 * DAY)
    with pytest.raises(NotAllowed):
        make.approve(cast.uma, proposal, at=make.AT + 3 * DAY)


def test_deputy__of_a_principal_who_lost_the_role__counts_for_nothing(cast: make.Cast) -> None:
    _deputise(cast)
    proposal = make.proposed(cast)
    set_roles(scope=cast.tess, user=cast.users["bo"], roles=[Role.AUDITOR], at=make.AT + DAY)
    with pytest.raises(NotAllowed):
        make.approve(cast.uma, proposal, at=make.AT + 2 * DAY)


def test_deputy__who_proposed__cannot_lend_the_role_to_themselves(cast: make.Cast) -> None:
    _deputise(cast, principal="ada", deputy="bo", role=Role.COMPLIANCE)
    tightening = make.proposed(
        cast,
        type=AmendmentType.GOVERNANCE_TIGHTENING,
        requires_approval=["upload_payroll_entries", "audit", "delete"],
    )
    with pytest.raises(OwnProposal):
        make.approve(cast.bo, tightening, at=make.AT + 2 * DAY)


# -- overrides


def _sole_security(cast: make.Cast) -> AmendmentProposal:
    return make.proposed(cast, by=cast.sam, basis=Basis.SECURITY_PATCH, fallback_delay_ms=600)


def test_override__when_nobody_else_can__applies_and_says_so(cast: make.Cast) -> None:
    patch = _sole_security(cast)
    assert make.approve(cast.tess, patch, override=True, note="Sam is alone in security.").state == "applied"
    assert _decision(cast, cast.tess).via == Via.OVERRIDE
    with in_tenant(cast.tenant.id):
        said = LedgerEntry.objects.get(action_name="amendments.break_glass", event_type="override")
        assert b"nobody_can" in bytes(said.openings)


@pytest.mark.parametrize("note", ["", "   ", "Too short a reason.", " " * 40 + "Quick." + " " * 40])
def test_override__without_a_reason_of_twenty_characters__refused(note: str, cast: make.Cast) -> None:
    with pytest.raises(ReasonTooShort):
        make.approve(cast.tess, _sole_security(cast), override=True, note=note)


def test_override__not_asked_for__is_not_taken(cast: make.Cast) -> None:
    with pytest.raises(NotAllowed):
        make.approve(cast.tess, _sole_security(cast))


def test_override__by_the_proposer__refused(cast: make.Cast) -> None:
    with pytest.raises(OwnProposal):
        make.approve(cast.sam, _sole_security(cast), override=True, note="I am alone in security.")


def test_override__while_somebody_holds_the_role__refused(cast: make.Cast) -> None:
    patch = _sole_security(cast)
    make.seated(tenant=cast.tenant, name="sue", roles=[Role.SECURITY])
    with pytest.raises(OverrideNotNeeded):
        make.approve(cast.tess, patch, override=True, note="It would be so much quicker.")
    with pytest.raises(OverrideNotNeeded):
        make.approve(cast.ada, patch, override=True, note="It would be so much quicker.")


def test_override__by_somebody_without_a_desk__refused(cast: make.Cast) -> None:
    patch = _sole_security(cast)
    for scope in (cast.uma, cast.mel):
        with pytest.raises(NotAllowed):
            make.approve(scope, patch, override=True, note="Let me do it, I am here.")


def test_override__fills_one_place_and_not_the_others(cast: make.Cast) -> None:
    """A loosening security patch needs security, an operator and a compliance officer."""
    patch = make.proposed(cast, by=cast.sam, basis=Basis.SECURITY_PATCH, requires_approval=["audit"])
    assert make.approve(cast.tess, patch, override=True, note="Sam is alone in security.").state == "proposed"
    with pytest.raises((AlreadyDecided, OverrideNotNeeded)):
        make.approve(cast.tess, patch, override=True, note="And again, because I can.")
    assert make.approve(cast.bo, patch).state == "proposed"
    assert make.approve(cast.ada, patch).state == "applied"


def test_review__by_another_person__stands_on_the_ledger_once(cast: make.Cast) -> None:
    make.approve(cast.tess, _sole_security(cast), override=True, note="Sam is alone in security.")
    decision = _decision(cast, cast.tess)

    def review(scope: Scope, note: str = "I looked.") -> Any:
        return review_override(scope=scope, decision_id=decision.id, upheld=False, note=note, at=make.later())

    for scope, error in ((cast.tess, OwnProposal), (cast.uma, NotAllowed), (make.stranger(), NotFound)):
        with pytest.raises(error):
            review(scope)
    with pytest.raises(NoteMissing):
        review(cast.ada, note=" ")
    assert not review(cast.ada).upheld
    with pytest.raises(AlreadyDecided):
        review(cast.bo)
    with in_tenant(cast.tenant.id):
        assert LedgerEntry.objects.filter(action_name="approvals.review_override", event_type="authority").count() == 1


def test_review__of_an_ordinary_answer__finds_nothing(cast: make.Cast) -> None:
    make.applied(cast)
    with pytest.raises(NotFound):
        review_override(scope=cast.ada, decision_id=_decision(cast, cast.cy).id, upheld=True, note="Fine.", at=make.AT)


# -- confirmation


@pytest.mark.parametrize("age", [timedelta(minutes=5, seconds=1), timedelta(seconds=-1)])
def test_confirmation__too_old_or_from_the_future__refused(cast: make.Cast, age: timedelta) -> None:
    proposal = make.proposed(cast)
    digest = make.digest_of(cast.cy, proposal)
    confirmation = make.confirmed(cast.cy, at=make.later(10) - age)
    with pytest.raises(NotConfirmed):
        amendments.approve(
            scope=cast.cy, number=proposal.number, digest=digest, confirmation=confirmation, at=make.later(10)
        )


def test_confirmation__of_somebody_else__refused(cast: make.Cast) -> None:
    proposal = make.proposed(cast)
    digest = make.digest_of(cast.cy, proposal)
    for confirmation in (make.confirmed(cast.ada, at=make.AT), Confirmation(uuid4(), "password", make.AT)):
        with pytest.raises(NotConfirmed):
            amendments.approve(
                scope=cast.cy, number=proposal.number, digest=digest, confirmation=confirmation, at=make.AT
            )
    assert make.state_of(cast.bo, proposal) == "proposed"


# -- who proposes what


@pytest.mark.parametrize(
    ("basis", "name"),
    [
        (Basis.SECURITY_PATCH, "bo"),
        (Basis.SECURITY_PATCH, "ada"),
        (Basis.DATA_INTEGRITY, "sam"),
        (Basis.ORDINARY, "uma"),
        (Basis.ORDINARY, "mel"),
        (Basis.ORDINARY, "tess"),
    ],
)
def test_propose__on_a_basis_that_is_not_theirs__refused(cast: make.Cast, basis: Basis, name: str) -> None:
    with pytest.raises(NotAllowed):
        make.proposed(cast, by=getattr(cast, name), basis=basis)


def test_data_integrity__needs_operator_and_compliance_officer(cast: make.Cast) -> None:
    proposal = make.proposed(cast, basis=Basis.DATA_INTEGRITY)
    assert make.approve(cast.cy, proposal).state == "proposed"
    assert make.approve(cast.ada, proposal).state == "applied"


def test_security_patch__belongs_to_security(cast: make.Cast) -> None:
    patch = _sole_security(cast)
    for scope in (cast.bo, cast.cy, cast.ada):
        with pytest.raises(NotAllowed):
            make.approve(scope, patch)
    _, sue = make.seated(tenant=cast.tenant, name="sue", roles=[Role.SECURITY])
    assert make.approve(sue, patch).state == "applied"
