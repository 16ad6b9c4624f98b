"""Who may say yes: deputies, overrides and their reviews, TARS under a standing authority, quorums."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest

from governance.amendments import actions as amendments
from governance.amendments.errors import BadGrant, BaseMoved
from governance.amendments.kinds import AmendmentType, Basis
from governance.amendments.models import AmendmentProposal, StandingAuthority
from governance.approvals.actions import (
    AlreadyDecided,
    NoteMissing,
    OverrideNotNeeded,
    OwnProposal,
    review_override,
)
from governance.approvals.models import ApprovalDecision, Via
from governance.constitution.diff import Effect
from governance.errors import Invalid, NotAllowed, NotFound
from governance.identity.actions import end_deputy, register_deputy, remove_member, set_roles
from governance.identity.confirm import Confirmation, NotConfirmed
from governance.identity.models import Deputy
from governance.ledger.models import LedgerEntry
from governance.registry.actions import register_system
from governance.registry.models import SystemType
from governance.scope import Role, Scope
from governance.tenancy import in_tenant
from tests import factories as make
from tests.db.amendments.desk import demand_whole

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
        said = LedgerEntry.objects.get(action_name="amendments.approve")
        assert b"override" in bytes(said.openings)


def test_override__without_a_note__refused(cast: make.Cast) -> None:
    with pytest.raises(NoteMissing):
        make.approve(cast.tess, _sole_security(cast), override=True)


def test_override__not_asked_for__is_not_taken(cast: make.Cast) -> None:
    with pytest.raises(NotAllowed):
        make.approve(cast.tess, _sole_security(cast))


def test_override__by_the_proposer__refused(cast: make.Cast) -> None:
    with pytest.raises(OwnProposal):
        make.approve(cast.sam, _sole_security(cast), override=True, note="I am alone.")


def test_override__while_somebody_holds_the_role__refused(cast: make.Cast) -> None:
    patch = _sole_security(cast)
    make.seated(tenant=cast.tenant, name="sue", roles=[Role.SECURITY])
    with pytest.raises(OverrideNotNeeded):
        make.approve(cast.tess, patch, override=True, note="Quicker.")
    with pytest.raises(OverrideNotNeeded):
        make.approve(cast.ada, patch, override=True, note="Quicker.")


def test_override__by_somebody_without_a_desk__refused(cast: make.Cast) -> None:
    patch = _sole_security(cast)
    for scope in (cast.uma, cast.mel):
        with pytest.raises(NotAllowed):
            make.approve(scope, patch, override=True, note="Let me.")


def test_override__fills_one_place_and_not_the_others(cast: make.Cast) -> None:
    """A loosening security patch needs security, an operator and a compliance officer."""
    patch = make.proposed(cast, by=cast.sam, basis=Basis.SECURITY_PATCH, requires_approval=["audit"])
    assert make.approve(cast.tess, patch, override=True, note="Sam is alone.").state == "proposed"
    with pytest.raises((AlreadyDecided, OverrideNotNeeded)):
        make.approve(cast.tess, patch, override=True, note="And again.")
    assert make.approve(cast.bo, patch).state == "proposed"
    assert make.approve(cast.ada, patch).state == "applied"


def test_review__by_another_person__stands_on_the_ledger_once(cast: make.Cast) -> None:
    make.approve(cast.tess, _sole_security(cast), override=True, note="Sam is alone.")
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


# -- TARS alone


def _grant(cast: make.Cast, **options: Any) -> StandingAuthority:
    wishes: dict[str, Any] = {
        "scope": cast.bo,
        "systems": ["clay-consigliere"],
        "pointers": {"/routing_confidence_threshold": 0.05},
        "max_per_week": 1,
        "expires_at": make.AT + 30 * DAY,
        "reason": "Small steps of the router are safe to try.",
        "at": make.AT,
    }
    return amendments.grant_authority(**{**wishes, **options})


def _dream(cast: make.Cast, value: float, *, at: datetime = make.AT, **fields: Any) -> str:
    proposal = make.proposed(
        cast,
        by=cast.tars,
        type=AmendmentType.DREAM_PROMOTION,
        at=at,
        **(fields or {"routing_confidence_threshold": value}),
    )
    return make.state_of(cast.bo, proposal)


def test_dream__without_an_authority__asks_a_person(cast: make.Cast) -> None:
    assert _dream(cast, 0.65) == "proposed"


@pytest.mark.parametrize(
    ("options", "why"),
    [
        ({"pointers": {"/fallback_delay_ms": 100.0}}, "another pointer"),
        ({"pointers": {"/routing_confidence_threshold": 0.04}}, "a smaller step"),
        ({"expires_at": make.AT + DAY}, "expired"),
    ],
)
def test_dream__outside_the_authority__asks_a_person(cast: make.Cast, options: dict[str, Any], why: str) -> None:
    _grant(cast, **options)
    assert _dream(cast, 0.65, at=make.AT + 2 * DAY) == "proposed", why


def test_dream__on_another_system__asks_a_person(cast: make.Cast) -> None:
    register_system(scope=cast.bo, name="memvid", type=SystemType.AGENT, constitution=make.CLAY, at=make.AT)
    _grant(cast, systems=["memvid"])
    assert _dream(cast, 0.65) == "proposed"


def test_dream__under_a_revoked_authority__asks_a_person(cast: make.Cast) -> None:
    grant = _grant(cast)
    amendments.revoke_authority(scope=cast.ada, authority_id=grant.id, reason="Audit.", at=make.AT)
    assert _dream(cast, 0.65, at=make.later()) == "proposed"
    with pytest.raises(NotFound):
        amendments.revoke_authority(scope=cast.ada, authority_id=grant.id, reason="Again.", at=make.AT)


def test_dream__the_weekly_cap_frees_itself_after_a_week(cast: make.Cast) -> None:
    _grant(cast)
    assert _dream(cast, 0.65) == "applied"
    assert _dream(cast, 0.6, at=make.AT + 6 * DAY) == "proposed"
    assert _dream(cast, 0.6, at=make.AT + 8 * DAY) == "applied"


def test_dream__after_one_was_rolled_back__asks_a_person_for_a_week(cast: make.Cast) -> None:
    _grant(cast, max_per_week=5)
    assert _dream(cast, 0.65) == "applied"
    with in_tenant(cast.tenant.id):
        bad = AmendmentProposal.objects.get()
    make.rolled_back(cast.bo, bad, at=make.AT + DAY)
    assert _dream(cast, 0.66, at=make.AT + 2 * DAY) == "proposed"
    assert _dream(cast, 0.66, at=make.AT + 9 * DAY) == "applied"


def test_dream__outside_tunables_or_on_a_protected_field__refused_even_with_an_authority(cast: make.Cast) -> None:
    _grant(cast, pointers={"/persona_id": None, "/requires_approval": None, "/routing_confidence_threshold": 9.0})
    for fields in (
        {"persona_id": "other"},
        {"requires_approval": ["audit"]},
        {"routing_confidence_threshold": 0.95},
        {"protected": []},
    ):
        with pytest.raises(Invalid):
            _dream(cast, 0, **fields)


def test_dream__proposed_by_a_person__refused(cast: make.Cast) -> None:
    _grant(cast)
    for scope in (cast.bo, cast.ada):
        with pytest.raises(NotAllowed):
            make.proposed(cast, by=scope, type=AmendmentType.DREAM_PROMOTION, routing_confidence_threshold=0.65)


def test_tars__never_approves_anything_else_alone(cast: make.Cast) -> None:
    _grant(cast, systems=[], pointers={"/fallback_delay_ms": 1000.0}, max_per_week=9)
    proposal = make.proposed(cast, by=cast.tars, fallback_delay_ms=400)
    assert make.state_of(cast.bo, proposal) == "proposed"


@pytest.mark.parametrize(
    "options",
    [
        {"pointers": {}},
        {"pointers": {"": 1.0}},
        {"pointers": {"no-pointer": 1.0}},
        {"pointers": {"/a": 0.0}},
        {"pointers": {"/a": -1.0}},
        {"pointers": {"/a": float("nan")}},
        {"expires_at": make.AT},
        {"max_per_week": 0},
        {"reason": "  "},
    ],
)
def test_grant__that_makes_no_sense__refused(cast: make.Cast, options: dict[str, Any]) -> None:
    with pytest.raises(BadGrant):
        _grant(cast, **options)


def test_grant__by_who_may_not__refused(cast: make.Cast) -> None:
    for scope in (cast.uma, cast.mel, cast.sam, cast.tess):
        with pytest.raises(NotAllowed):
            _grant(cast, scope=scope)
    with pytest.raises(BadGrant):
        _grant(cast, scope=cast.tars)
    with pytest.raises(NotFound):
        _grant(cast, systems=["nobody"])


# -- quorums


def test_quorum__raised__makes_open_approvals_stale_until_a_rebase(cast: make.Cast) -> None:
    proposal = make.proposed(cast, type=AmendmentType.CAPABILITY_EXPANSION, capabilities=["payroll", "voice"])
    make.approve(cast.cy, proposal)
    amendments.set_quorum(
        scope=cast.tess,
        type=AmendmentType.CAPABILITY_EXPANSION,
        effect=Effect.EXPANDS,
        role=Role.OPERATOR,
        count=2,
        at=make.AT,
    )
    with pytest.raises(BaseMoved, match="rules for who approves changed"):
        make.approve(cast.ada, proposal)
    amendments.rebase(scope=cast.bo, number=proposal.number, at=make.AT)
    _, dan = make.seated(tenant=cast.tenant, name="dan", roles=[Role.OPERATOR])
    assert make.approve(cast.ada, proposal).state == "proposed", "the approval before the change is void"
    assert make.approve(cast.cy, proposal).state == "proposed"
    assert make.approve(dan, proposal).state == "applied"
    demand_whole(cast.tenant.id)


def test_quorum__taken_back__asks_as_the_sources_do(cast: make.Cast) -> None:
    wish: dict[str, Any] = {"type": AmendmentType.MANUAL_UPDATE, "effect": None, "role": Role.COMPLIANCE}
    row = amendments.set_quorum(scope=cast.tess, **wish, count=1, at=make.AT)
    assert make.approve(cast.cy, make.proposed(cast)).state == "proposed"
    amendments.remove_quorum(scope=cast.tess, quorum_id=row.id, at=make.AT)
    assert make.approve(cast.cy, make.proposed(cast, persona_id="x")).state == "applied"


@pytest.mark.parametrize("count", [0, -1, 10])
def test_quorum__of_nobody_or_too_many__refused(cast: make.Cast, count: int) -> None:
    with pytest.raises(BadGrant):
        amendments.set_quorum(
            scope=cast.tess,
            type=AmendmentType.MANUAL_UPDATE,
            effect=None,
            role=Role.OPERATOR,
            count=count,
            at=make.AT,
        )


def test_quorum__by_who_may_not__refused(cast: make.Cast) -> None:
    for scope in (cast.ada, cast.bo, cast.uma, cast.mel):
        with pytest.raises(NotAllowed):
            amendments.set_quorum(
                scope=scope, type=AmendmentType.MANUAL_UPDATE, effect=None, role=Role.OPERATOR, count=1, at=make.AT
            )


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
