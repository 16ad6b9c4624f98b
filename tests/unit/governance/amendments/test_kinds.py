"""The table of legal moves, every pair of it."""

from __future__ import annotations

from itertools import product

import pytest

from governance.amendments.kinds import MOVES, AmendmentType, Basis, State, may_move

DR, PR, CH, AP, SC, AD, RE, EX, WI, RO = State
LEGAL = {
    (DR, PR),
    (DR, WI),
    (DR, EX),
    (PR, PR),
    (PR, CH),
    (PR, AP),
    (PR, RE),
    (PR, EX),
    (PR, WI),
    (CH, PR),
    (CH, WI),
    (CH, EX),
    (AP, AD),
    (AP, SC),
    (AP, PR),
    (AP, WI),
    (AP, EX),
    (SC, AD),
    (SC, PR),
    (SC, WI),
    (SC, EX),
    (AD, RO),
}


@pytest.mark.parametrize(("before", "after"), product(State, State))
def test_moves__are_exactly_the_table(before: State, after: State) -> None:
    assert may_move(before, after) == ((before, after) in LEGAL)


def test_moves__every_state_is_in_the_table_and_reachable() -> None:
    assert set(MOVES) == set(State)
    reached, todo = {State.DRAFT}, [State.DRAFT]
    while todo:
        for after in MOVES[todo.pop()] - reached:
            reached.add(after)
            todo.append(after)
    assert reached == set(State)


@pytest.mark.parametrize("state", [State.REJECTED, State.EXPIRED, State.WITHDRAWN, State.ROLLED_BACK])
def test_ends__are_final(state: State) -> None:
    assert not MOVES[state] and not state.is_open


def test_applied__comes_only_from_approved_or_scheduled() -> None:
    assert {before for before in State if may_move(before, State.APPLIED)} == {State.APPROVED, State.SCHEDULED}
    assert {before for before in State if may_move(before, State.ROLLED_BACK)} == {State.APPLIED}
    assert {before for before in State if may_move(before, State.APPROVED)} == {State.PROPOSED}


def test_open__is_what_can_still_be_decided() -> None:
    assert {state for state in State if state.is_open} == {DR, PR, CH, AP, SC}


def test_words__have_labels() -> None:
    assert AmendmentType.DREAM_PROMOTION.label == "Dream promotion"
    assert Basis.SECURITY_PATCH.label == "Security patch"
