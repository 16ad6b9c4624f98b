from __future__ import annotations

from itertools import permutations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from governance.approvals.quorum import Requirement, helps, is_met, missing, sentence
from governance.scope import Role

OPERATOR, COMPLIANCE, SECURITY = (frozenset({role}) for role in (Role.OPERATOR, Role.COMPLIANCE, Role.SECURITY))
ROLES = [Role.OPERATOR, Role.COMPLIANCE, Role.SECURITY]
some_roles = st.frozensets(st.sampled_from(ROLES), min_size=1, max_size=3)
requirements = st.lists(st.builds(Requirement, roles=some_roles, count=st.integers(0, 2)), max_size=3)
people = st.lists(st.frozensets(st.sampled_from([*ROLES, Role.AUDITOR]), max_size=4), max_size=5)


def _places(wanted: list[Requirement]) -> list[frozenset[Role]]:
    return [requirement.roles for requirement in wanted for _ in range(requirement.count)]


def _brute_force(wanted: list[Requirement], given: list[frozenset[Role]]) -> int:
    """The most places that different people can fill, by trying every assignment."""
    places = _places(wanted)
    everybody = [*given, *[frozenset[Role]()] * len(places)]
    return max(
        (sum(bool(place & person) for place, person in zip(places, row, strict=True)))
        for row in set(permutations(everybody, len(places)))
    )


@given(requirements, people)
def test_missing__is_what_the_best_of_all_assignments_leaves_open(
    wanted: list[Requirement], given: list[frozenset[Role]]
) -> None:
    left = sum(requirement.count for requirement in missing(wanted, given))
    assert left == len(_places(wanted)) - _brute_force(wanted, given)


@given(requirements, people, st.randoms())
def test_missing__the_order_of_answers_never_matters(
    wanted: list[Requirement], given: list[frozenset[Role]], dice: object
) -> None:
    shuffled = list(given)
    dice.shuffle(shuffled)  # type: ignore[attr-defined]
    assert is_met(wanted, shuffled) == is_met(wanted, given)

    def still_open(approvals: list[frozenset[Role]]) -> int:
        return sum(requirement.count for requirement in missing(wanted, approvals))

    assert still_open(shuffled) == still_open(given)


@given(requirements, people, some_roles)
def test_missing__one_more_answer_never_opens_a_place(
    wanted: list[Requirement], given: list[frozenset[Role]], roles: frozenset[Role]
) -> None:
    before = sum(requirement.count for requirement in missing(wanted, given))
    after = sum(requirement.count for requirement in missing(wanted, [*given, roles]))
    assert before - 1 <= after <= before
    assert helps(wanted, given, roles) == (after < before)


@given(people)
def test_nothing_required__is_never_met(given: list[frozenset[Role]]) -> None:
    assert not is_met([], given)
    assert not is_met([Requirement(OPERATOR, 0)], given)


def test_one_person_with_two_roles__fills_one_place() -> None:
    wanted = [Requirement(OPERATOR), Requirement(COMPLIANCE)]
    both = OPERATOR | COMPLIANCE
    assert not is_met(wanted, [both])
    assert is_met(wanted, [both, OPERATOR]) and is_met(wanted, [OPERATOR, both])
    assert is_met(wanted, [both, both])


@pytest.mark.parametrize("order", permutations([OPERATOR, COMPLIANCE | OPERATOR, SECURITY | OPERATOR]))
def test_places__are_given_to_those_who_can_fill_no_other(order: tuple[frozenset[Role], ...]) -> None:
    assert is_met([Requirement(OPERATOR), Requirement(COMPLIANCE), Requirement(SECURITY)], order)


def test_wrong_roles__do_not_help() -> None:
    wanted = [Requirement(COMPLIANCE, 2)]
    assert missing(wanted, [OPERATOR, COMPLIANCE]) == (Requirement(COMPLIANCE, 1),)
    assert not helps(wanted, [COMPLIANCE], OPERATOR)
    assert not helps(wanted, [COMPLIANCE, COMPLIANCE], COMPLIANCE), "nothing is open any more"
    assert not helps(wanted, [], frozenset())


@given(requirements)
def test_requirement__survives_json(wanted: list[Requirement]) -> None:
    assert [Requirement.of(requirement.as_json()) for requirement in wanted] == wanted


def test_sentence__says_who_in_words() -> None:
    wanted = [Requirement(COMPLIANCE, 2), Requirement(OPERATOR | SECURITY)]
    assert sentence(wanted) == "2 of Compliance officer and 1 of Operator or Security"
    assert sentence([]) == "nobody more"
