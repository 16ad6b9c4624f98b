"""What TARS may approve alone, and how many people a tenant wants to ask."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest

from governance.amendments import actions as amendments
from governance.amendments.errors import BadGrant, BaseMoved
from governance.amendments.kinds import AmendmentType
from governance.amendments.models import AmendmentProposal, StandingAuthority
from governance.constitution.diff import Effect
from governance.errors import Invalid, NotAllowed, NotFound
from governance.registry.actions import register_system
from governance.registry.models import SystemType
from governance.scope import Role
from governance.tenancy import in_tenant
from tests import factories as make
from tests.db.amendments.desk import demand_whole

DAY = timedelta(days=1)


@pytest.fixture
def cast(database: None) -> make.Cast:
    return make.cast()


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
