"""The breaker by its properties: whatever happens, in whatever order."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from routing.connectors.breaker import (
    FIRST_WAIT,
    LONGEST_WAIT,
    PATIENCE,
    Breaker,
    Position,
    failed,
    gave_up,
    let_through,
    opens_again_at,
    position,
    succeeded,
    wait_of,
)

AT = datetime(2026, 11, 28, 9, tzinfo=UTC)
LONGEST = timedelta(seconds=90)
moves = st.lists(st.tuples(st.sampled_from(["ok", "fail", "nothing", "ask"]), st.integers(0, 900)), max_size=60)


def broken(failures: int = PATIENCE) -> Breaker:
    """As after so many failures, each let through as soon as it could be."""
    state, at = Breaker(), AT
    for _ in range(failures):
        at = opens_again_at(state) or at
        passed = let_through(state, at=at, longest_call=LONGEST)
        assert passed is not None
        state = failed(passed, at=at)
    return state


def test_closed__lets_everybody_through_until_it_failed_five_times_in_a_row() -> None:
    state = Breaker()
    for _ in range(PATIENCE - 1):
        state = failed(state, at=AT)
        assert position(state, at=AT, longest_call=LONGEST) is Position.CLOSED
    assert position(failed(state, at=AT), at=AT, longest_call=LONGEST) is Position.OPEN


def test_success__between_failures__counts_from_the_beginning() -> None:
    state = Breaker()
    for _ in range(PATIENCE * 3):
        state = succeeded(failed(state, at=AT))
    assert state == Breaker()


@pytest.mark.parametrize(("more", "seconds"), [(0, 30), (1, 60), (2, 120), (3, 240), (4, 480), (5, 600), (50, 600)])
def test_wait__doubles_up_to_ten_minutes(more: int, seconds: int) -> None:
    assert wait_of(PATIENCE + more) == timedelta(seconds=seconds)
    state = broken(PATIENCE + more)
    until = opens_again_at(state)
    assert until is not None and state.opened_at is not None
    assert until - state.opened_at == timedelta(seconds=seconds)


def test_half_open__lets_exactly_one_through() -> None:
    state = broken()
    until = opens_again_at(state)
    assert until is not None
    assert let_through(state, at=until - timedelta(milliseconds=1), longest_call=LONGEST) is None
    first = let_through(state, at=until, longest_call=LONGEST)
    assert first is not None
    assert position(first, at=until, longest_call=LONGEST) is Position.PROBING
    assert let_through(first, at=until + LONGEST - timedelta(seconds=1), longest_call=LONGEST) is None


def test_probe__that_died__gives_its_place_to_another() -> None:
    state = broken()
    until = opens_again_at(state)
    assert until is not None
    first = let_through(state, at=until, longest_call=LONGEST)
    assert first is not None
    assert let_through(first, at=until + LONGEST, longest_call=LONGEST) is not None


def test_probe__that_says_nothing_about_the_agent__gives_its_place_at_once() -> None:
    state = broken()
    until = opens_again_at(state)
    assert until is not None
    first = let_through(state, at=until, longest_call=LONGEST)
    assert first is not None
    assert let_through(gave_up(first), at=until, longest_call=LONGEST) is not None


def test_late_failures__of_calls_begun_before_it_opened__do_not_lengthen_it() -> None:
    state = broken()
    assert failed(failed(state, at=AT + timedelta(seconds=5)), at=AT + timedelta(seconds=9)) == state


@given(moves)
def test_always__the_wait_is_bounded_and_a_time_comes_when_one_is_let_through(steps: list[tuple[str, int]]) -> None:
    state, at = Breaker(), AT
    for what, seconds in steps:
        at += timedelta(seconds=seconds)
        if what == "ok":
            state = succeeded(state)
            assert position(state, at=at, longest_call=LONGEST) is Position.CLOSED
        elif what == "fail":
            before = state
            state = failed(state, at=at)
            assert state.failures - before.failures in (0, 1)
        elif what == "nothing":
            state = gave_up(state)
        else:
            state = let_through(state, at=at, longest_call=LONGEST) or state
        assert (state.opened_at is not None) == (state.failures >= PATIENCE)
        if state.opened_at is not None:
            assert FIRST_WAIT <= wait_of(state.failures) <= LONGEST_WAIT
        assert let_through(state, at=at + LONGEST_WAIT + LONGEST, longest_call=LONGEST) is not None


@given(moves, st.integers(2, 8))
def test_open__of_many_that_ask_at_once_at_most_one_passes(steps: list[tuple[str, int]], callers: int) -> None:
    state, at = broken(), AT
    for what, seconds in steps:
        at += timedelta(seconds=seconds)
        if what == "fail":
            state = failed(state, at=at)
        passed = 0
        for _ in range(callers):
            after = let_through(state, at=at, longest_call=LONGEST)
            passed += after is not None
            state = after or state
        assert passed <= 1
