"""Who must approve (seeds/000 Rule 3), row by row, and whether the type fits the change."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from governance.amendments.authority import (
    PROPOSERS,
    ROLL_BACK_ROLES,
    TenantQuorum,
    misfit,
    policy_version,
    requirements,
    roll_back_requirements,
)
from governance.amendments.kinds import AmendmentType, Basis
from governance.constitution.diff import Effect, changes
from governance.scope import Role

O, C, S = Role.OPERATOR, Role.COMPLIANCE, Role.SECURITY  # noqa: E741
D, M, G, E = (
    AmendmentType.DREAM_PROMOTION,
    AmendmentType.MANUAL_UPDATE,
    AmendmentType.GOVERNANCE_TIGHTENING,
    AmendmentType.CAPABILITY_EXPANSION,
)
SAFE, LOOSE = (Effect.TIGHTENS, Effect.NEUTRAL), (Effect.EXPANDS, Effect.UNCLASSIFIED)
# (type, basis): who, when nothing expands; who, when something expands or cannot be classified
TABLE: dict[tuple[AmendmentType, Basis], tuple[set[Role], set[Role]]] = {
    (D, Basis.ORDINARY): ({O}, {O, C}),
    (D, Basis.COMPLIANCE): ({O, C}, {O, C}),
    (D, Basis.SECURITY_PATCH): ({S}, {S, O, C}),
    (D, Basis.DATA_INTEGRITY): ({O, C}, {O, C}),
    (M, Basis.ORDINARY): ({O}, {O, C}),
    (M, Basis.COMPLIANCE): ({O, C}, {O, C}),
    (M, Basis.SECURITY_PATCH): ({S}, {S, O, C}),
    (M, Basis.DATA_INTEGRITY): ({O, C}, {O, C}),
    (G, Basis.ORDINARY): ({C}, {O, C}),
    (G, Basis.COMPLIANCE): ({C}, {O, C}),
    (G, Basis.SECURITY_PATCH): ({S}, {S, O, C}),
    (G, Basis.DATA_INTEGRITY): ({O, C}, {O, C}),
    (E, Basis.ORDINARY): ({O}, {O, C}),
    (E, Basis.COMPLIANCE): ({O, C}, {O, C}),
    (E, Basis.SECURITY_PATCH): ({S}, {S, O, C}),
    (E, Basis.DATA_INTEGRITY): ({O, C}, {O, C}),
}


def _asked(type: AmendmentType, basis: Basis, effect: Effect, *quorums: TenantQuorum) -> dict[Role, int]:
    found = requirements(type=type, basis=basis, effect=effect, quorums=quorums)
    assert all(len(requirement.roles) == 1 for requirement in found)
    return {next(iter(requirement.roles)): requirement.count for requirement in found}


def test_table__has_every_row() -> None:
    assert set(TABLE) == {(type, basis) for type in AmendmentType for basis in Basis}
    assert {*SAFE, *LOOSE} == set(Effect)


@pytest.mark.parametrize("effect", Effect)
@pytest.mark.parametrize("basis", Basis)
@pytest.mark.parametrize("type", AmendmentType)
def test_requirements__of_every_row(type: AmendmentType, basis: Basis, effect: Effect) -> None:
    safe, loose = TABLE[type, basis]
    assert _asked(type, basis, effect) == dict.fromkeys(loose if effect in LOOSE else safe, 1)


@pytest.mark.parametrize("basis", Basis)
def test_can_roll_back__only_on_the_ordinary_basis(basis: Basis) -> None:
    """seeds/000 Rule 2."""
    assert basis.can_roll_back == (basis is Basis.ORDINARY)
    assert bool(basis.irreversible_because) == (not basis.can_roll_back)


@pytest.mark.parametrize(
    ("basis", "roles"),
    [
        (Basis.ORDINARY, {O, C, S}),
        (Basis.COMPLIANCE, {O, C, S}),
        (Basis.SECURITY_PATCH, {S}),
        (Basis.DATA_INTEGRITY, {O, C}),
    ],
)
def test_proposers__of_every_basis(basis: Basis, roles: set[Role]) -> None:
    assert PROPOSERS[basis] == roles


@pytest.mark.parametrize("effect", Effect)
def test_roll_back__one_person_and_a_second_when_it_loosens(effect: Effect) -> None:
    (requirement,) = roll_back_requirements(effect)
    assert requirement.roles == ROLL_BACK_ROLES == {O, C, S}
    assert requirement.count == (2 if effect in LOOSE else 1)


# -- a tenant's wishes


def test_quorum__asks_for_more_people_of_a_role() -> None:
    assert _asked(M, Basis.ORDINARY, Effect.NEUTRAL, TenantQuorum(M, None, O, 3)) == {O: 3}
    assert _asked(M, Basis.ORDINARY, Effect.NEUTRAL, TenantQuorum(M, None, C, 2)) == {O: 1, C: 2}


def test_quorum__of_another_type_or_effect__asks_for_nothing() -> None:
    assert _asked(M, Basis.ORDINARY, Effect.NEUTRAL, TenantQuorum(G, None, C, 3)) == {O: 1}
    assert _asked(M, Basis.ORDINARY, Effect.NEUTRAL, TenantQuorum(M, Effect.EXPANDS, C, 3)) == {O: 1}


quorums = st.lists(
    st.builds(
        TenantQuorum,
        type=st.sampled_from(AmendmentType),
        effect=st.sampled_from([None, *Effect]),
        role=st.sampled_from([O, C, S]),
        count=st.integers(1, 9),
    ),
    max_size=5,
)
kinds = (st.sampled_from(AmendmentType), st.sampled_from(Basis), st.sampled_from(Effect))


@given(*kinds, quorums)
def test_quorum__never_asks_for_fewer_than_the_sources(
    type: AmendmentType, basis: Basis, effect: Effect, wished: list[TenantQuorum]
) -> None:
    base, more = _asked(type, basis, effect), _asked(type, basis, effect, *wished)
    assert all(more.get(role, 0) >= count for role, count in base.items())


@given(*kinds)
def test_requirements__are_never_empty(type: AmendmentType, basis: Basis, effect: Effect) -> None:
    assert requirements(type=type, basis=basis, effect=effect)


@given(quorums, st.randoms())
def test_policy_version__follows_the_rules_and_not_their_order(wished: list[TenantQuorum], dice: Any) -> None:
    shuffled = list(wished)
    dice.shuffle(shuffled)
    assert policy_version(shuffled) == policy_version(wished)
    assert policy_version([*wished, TenantQuorum(M, None, O, 9)]) != policy_version(wished)


# -- whether the type fits

OLD: dict[str, Any] = {
    "capabilities": ["payroll"],
    "requires_approval": ["audit"],
    "fallback_delay_ms": 500,
    "routing_confidence_threshold": 0.7,
    "variant": "a",
    "nested": {"limit": 1},
    "tunable": {
        "/routing_confidence_threshold": {"min": 0.5, "max": 0.9},
        "/fallback_delay_ms": {"min": 100, "max": 1000},
        "/nested/limit": {"min": 0, "max": 5},
    },
    "protected": ["/requires_approval", "/nested"],
}


def _misfit(type: AmendmentType, **fields: Any) -> str | None:
    new = {**OLD, **fields}
    return misfit(type=type, changes=changes(OLD, new), old=OLD, new=new)


@pytest.mark.parametrize("type", AmendmentType)
def test_misfit__nothing_changes(type: AmendmentType) -> None:
    assert "Nothing changes" in str(_misfit(type))


def test_misfit__a_tightening_that_expands_says_where() -> None:
    assert _misfit(G, requires_approval=["audit", "delete"]) is None
    assert "/requires_approval" in str(_misfit(G, requires_approval=[]))
    assert _misfit(G, requires_approval=["audit", "delete"], capabilities=["payroll", "voice"]) is not None


def test_misfit__an_expansion_without_a_new_capability() -> None:
    assert _misfit(E, capabilities=["payroll", "voice-synthesis"]) is None
    assert _misfit(E, capabilities=["voice-synthesis"]) is None, "one comes, one goes: still one more"
    assert "must add a capability" in str(_misfit(E, fallback_delay_ms=200))
    assert "must add a capability" in str(_misfit(E, capabilities=[]))


def test_misfit__a_manual_update_may_be_anything() -> None:
    assert _misfit(M, requires_approval=[], capabilities=["everything"]) is None


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"routing_confidence_threshold": 0.65}, None),
        ({"routing_confidence_threshold": 0.5, "fallback_delay_ms": 1000}, None),
        ({"routing_confidence_threshold": 0.49}, "outside its bounds (max 0.9, min 0.5)"),
        ({"routing_confidence_threshold": 0.91}, "outside its bounds"),
        ({"routing_confidence_threshold": "0.65"}, "outside its bounds"),
        ({"routing_confidence_threshold": True}, "outside its bounds"),
        ({"routing_confidence_threshold": None}, "outside its bounds"),
        ({"variant": "b"}, "is not one"),
        ({"brand_new": 1}, "is not one"),
        ({"requires_approval": ["audit", "delete"]}, "is protected"),
        ({"nested": {"limit": 2}}, "is protected"),
        ({"nested": {}}, "is protected"),
        ({"nested": 3}, "is protected"),
        ({"routing_confidence_threshold": 0.65, "requires_approval": []}, "is protected"),
        ({"tunable": {}}, "is not one"),
        ({"tunable": {**OLD["tunable"], "/variant": {"options": ["b"]}}, "variant": "b"}, "is not one"),
        ({"protected": [], "requires_approval": []}, "is"),
    ],
)
def test_misfit__a_dream__moves_tunables_inside_their_bounds_and_never_what_is_protected(
    fields: dict[str, Any], said: str | None
) -> None:
    reason = _misfit(D, **fields)
    assert (reason is None) if said is None else (said in str(reason))


def test_misfit__a_dream_that_removes_a_tunable() -> None:
    new = {name: value for name, value in OLD.items() if name != "fallback_delay_ms"}
    assert misfit(type=D, changes=changes(OLD, new), old=OLD, new=new) is not None


def test_misfit__a_dream_on_a_constitution_without_tunables__moves_nothing() -> None:
    old, new = {"fallback_delay_ms": 500}, {"fallback_delay_ms": 400}
    assert misfit(type=D, changes=changes(old, new), old=old, new=new) is not None
