"""The way of a request, walked with every kind of luck."""

from __future__ import annotations

import random
from dataclasses import dataclass, field

import pytest
from hypothesis import given
from hypothesis import strategies as st

from routing.executions.stages import (
    HOLDS,
    MAY_FOLLOW,
    Failure,
    Next,
    Stage,
    Standing,
    Status,
    after_choice,
    after_failure,
    demand_step,
    status_of_answer,
)

BEFORE_CALLING = (Failure.DENIED, Failure.REJECTED, Failure.EXPIRED, Failure.NO_MONEY)
WHILE_CALLING = (Failure.UNREACHABLE, Failure.SAID_ERROR, Failure.NONSENSE, Failure.TIMEOUT, Failure.LOST)
UNKNOWN = (Failure.NONSENSE, Failure.TIMEOUT, Failure.LOST)


@dataclass
class Walk:
    """One request's way; `calls` names the system and whether its fate became unknown."""

    stages: list[Stage] = field(default_factory=lambda: [Stage.RECEIVED])
    calls: list[tuple[int, Failure | None]] = field(default_factory=list)
    status: Status | None = None

    def go(self, stage: Stage) -> None:
        demand_step(self.stages[-1], stage)
        self.stages.append(stage)


def walked(chance: random.Random, *, systems: int, retries: int, is_repeatable: bool) -> Walk:
    walk, system, attempt = Walk(), 0, 0
    step = after_choice(has_candidate=systems > 0, is_vetoed_by_rules=chance.random() < 0.5)
    while True:
        walk.go(step.stage)
        if step.stage is Stage.DONE:
            walk.status = step.status
            return walk
        if not step.is_retry and step.stage is Stage.ROUTED and len(walk.stages) > 2:
            system, attempt = system + 1, 0
        failure: Failure | None
        if step.stage is Stage.ROUTED:
            failure = chance.choice((None, None, None, *BEFORE_CALLING))
            if failure is None:
                walk.go(Stage.READY)
        if walk.stages[-1] is Stage.READY:
            walk.go(Stage.CALLING)
        if walk.stages[-1] is Stage.CALLING:
            attempt += 1
            failure = chance.choice((None, *WHILE_CALLING))
            walk.calls.append((system, failure))
        if failure is None:
            walk.go(Stage.ANSWERED)
            step = Next(Stage.DONE, status_of_answer(is_partial=chance.random() < 0.3, hops=[]))
            continue
        standing = Standing(attempt, retries, systems - system - 1, is_repeatable, is_over=chance.random() < 0.05)
        step = after_failure(failure, standing)


walks = st.builds(
    walked,
    st.randoms(use_true_random=False),
    systems=st.integers(0, 4),
    retries=st.integers(0, 3),
    is_repeatable=st.booleans(),
)


@given(walks)
def test_walk__always_ends_in_one_of_the_five(walk: Walk) -> None:
    assert walk.stages[-1] is Stage.DONE and walk.status in set(Status)


@given(st.randoms(use_true_random=False), st.integers(1, 4), st.integers(0, 3))
def test_walk__nobody_is_called_after_a_call_whose_fate_is_unknown(
    chance: random.Random, systems: int, retries: int
) -> None:
    walk = walked(chance, systems=systems, retries=retries, is_repeatable=False)
    fates = [failure for _, failure in walk.calls]
    assert not any(fate in UNKNOWN for fate in fates[:-1])


@given(st.randoms(use_true_random=False), st.integers(1, 4), st.integers(0, 3), st.booleans())
def test_walk__a_system_is_called_at_most_once_more_than_its_retries(
    chance: random.Random, systems: int, retries: int, is_repeatable: bool
) -> None:
    walk = walked(chance, systems=systems, retries=retries, is_repeatable=is_repeatable)
    for system in range(systems):
        assert sum(called == system for called, _ in walk.calls) <= retries + 1


@pytest.mark.parametrize("failure", [Failure.REJECTED, Failure.EXPIRED])
def test_rejected__no_other_system_is_tried_behind_the_back_of_who_said_no(failure: Failure) -> None:
    step = after_failure(failure, Standing(attempt=0, retries=3, alternatives=3, is_repeatable=True))
    assert step == Next(Stage.DONE, Status.GOVERNANCE_BLOCKED)


def test_denied__the_next_system_is_asked__and_without_one_the_request_is_blocked() -> None:
    assert after_failure(Failure.DENIED, Standing(0, 3, 1, False)) == Next(Stage.ROUTED)
    assert after_failure(Failure.DENIED, Standing(0, 3, 0, False)) == Next(Stage.DONE, Status.GOVERNANCE_BLOCKED)


def test_no_money__fails_and_is_not_called_blocked_by_governance() -> None:
    assert after_failure(Failure.NO_MONEY, Standing(0, 3, 0, False)) == Next(Stage.DONE, Status.FAILED)


def test_unreachable__is_tried_again_then_the_next_then_over() -> None:
    assert after_failure(Failure.UNREACHABLE, Standing(1, 1, 1, False)) == Next(Stage.READY, is_retry=True)
    assert after_failure(Failure.UNREACHABLE, Standing(2, 1, 1, False)) == Next(Stage.ROUTED)
    assert after_failure(Failure.UNREACHABLE, Standing(2, 1, 0, False)) == Next(Stage.DONE, Status.FAILED)


def test_said_error__is_not_asked_again__somebody_else_is() -> None:
    assert after_failure(Failure.SAID_ERROR, Standing(1, 3, 1, True)) == Next(Stage.ROUTED)


@pytest.mark.parametrize("failure", UNKNOWN)
def test_unknown_fate__is_called_again_only_where_a_second_call_does_no_harm(failure: Failure) -> None:
    assert after_failure(failure, Standing(1, 1, 1, is_repeatable=True)) == Next(Stage.READY, is_retry=True)
    assert after_failure(failure, Standing(1, 1, 1, is_repeatable=False)).stage is Stage.DONE


def test_timeout__ends_as_such() -> None:
    assert after_failure(Failure.TIMEOUT, Standing(1, 0, 0, False)).status is Status.TIMEOUT


def test_nobody__is_out_of_scope_or_blocked() -> None:
    assert after_choice(has_candidate=False) == Next(Stage.DONE, Status.FAILED)
    assert after_choice(has_candidate=False, is_vetoed_by_rules=True) == Next(Stage.DONE, Status.GOVERNANCE_BLOCKED)


@pytest.mark.parametrize(
    ("is_partial", "hops", "status"),
    [
        (False, [], Status.SUCCESS),
        (False, [Status.SUCCESS], Status.SUCCESS),
        (True, [], Status.PARTIAL),
        (False, [Status.SUCCESS, Status.FAILED], Status.PARTIAL),
        (False, [Status.GOVERNANCE_BLOCKED], Status.PARTIAL),
    ],
)
def test_answer__is_whole_when_every_hop_is(is_partial: bool, hops: list[Status], status: Status) -> None:
    assert status_of_answer(is_partial=is_partial, hops=hops) is status


def test_step__that_is_on_no_way__is_a_bug() -> None:
    with pytest.raises(ValueError, match="from done"):
        demand_step(Stage.DONE, Stage.CALLING)
    assert set(MAY_FOLLOW) == set(Stage) and set(Stage) > HOLDS
