"""The verifier's own rules for who must approve agree with the writer's."""

from __future__ import annotations

from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from governance.amendments.authority import TenantQuorum, requirements, roll_back_requirements
from governance.amendments.kinds import AmendmentType, Basis
from governance.approvals.quorum import Requirement, is_met
from governance.audit.needs import is_filled, places_of_amendment, places_of_rollback
from governance.constitution.diff import Effect
from governance.scope import Role


def places(needed: tuple[Requirement, ...]) -> list[list[str]]:
    return sorted(sorted(requirement.roles) for requirement in needed for _ in range(requirement.count))


@pytest.mark.parametrize(("type", "basis", "effect"), list(product(AmendmentType, Basis, Effect)))
def test_places__every_case__same_as_the_writer(type: AmendmentType, basis: Basis, effect: Effect) -> None:
    quorums = (
        TenantQuorum(AmendmentType.MANUAL_UPDATE, None, Role.OPERATOR, 3),
        TenantQuorum(AmendmentType.MANUAL_UPDATE, Effect.EXPANDS, Role.SECURITY, 2),
    )
    sealed = {("manual_update", None, "operator"): 3, ("manual_update", "expands", "security"): 2}
    ours = places_of_amendment(type=type.value, basis=basis.value, effect=effect.value, quorums=sealed)
    theirs = requirements(type=type, basis=basis, effect=effect, quorums=quorums)
    assert sorted(sorted(place) for place in ours) == places(theirs)


@pytest.mark.parametrize("effect", list(Effect))
def test_places__rollback__same_as_the_writer(effect: Effect) -> None:
    assert sorted(sorted(place) for place in places_of_rollback(effect.value)) == places(roll_back_requirements(effect))


roles = st.frozensets(st.sampled_from(list(Role)), max_size=3)


@given(st.lists(st.tuples(roles.filter(bool), st.integers(1, 2)), min_size=1, max_size=3), st.lists(roles, max_size=5))
def test_is_filled__any_crowd__same_as_the_writer(
    wanted: list[tuple[frozenset[Role], int]], crowd: list[frozenset[Role]]
) -> None:
    needed = [Requirement(names, count) for names, count in wanted]
    ours = [frozenset(map(str, names)) for names, count in wanted for _ in range(count)]
    assert is_filled(ours, [frozenset(map(str, one)) for one in crowd]) == is_met(needed, crowd)


def test_places__unknown_type__refused() -> None:
    with pytest.raises(KeyError):
        places_of_amendment(type="surprise", basis="ordinary", effect="neutral", quorums={})
