"""Every state with every event, the times, and nothing that flaps."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import pairwise, product

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from governance.drift.machine import (
    ANSWER_WITHIN,
    CALM_FOR,
    MOST_WARNINGS,
    TABLE,
    WARN_EACH,
    Acknowledged,
    Cause,
    Checked,
    Event,
    Measured,
    Overridden,
    Standing,
    State,
    Waited,
    ahead,
    may_order,
    ordered,
    step,
)

AT = datetime(2026, 11, 1, tzinfo=UTC)
CALM, WARNING, CRITICAL = (Measured(score, 1.0, 2.0) for score in (0.5, 1.5, 2.5))
EVENTS: dict[str, Event] = {
    "calm": CALM,
    "at the warning": Measured(1.0, 1.0, 2.0),
    "warning": WARNING,
    "at the critical": Measured(2.0, 1.0, 2.0),
    "critical": CRITICAL,
    "waited": Waited(),
    "acknowledged": Acknowledged("ada@oms.com"),
    "consistent": Checked(True, "ada@oms.com"),
    "inconsistent": Checked(False, "ada@oms.com"),
    "overridden": Overridden("ada@oms.com", "AMD-7"),
}
# What one event does to a system that has been in its state for an hour; every pair that is not here changes nothing.
EDGES = {
    (State.NORMAL, "warning"): State.MONITOR,
    (State.NORMAL, "at the critical"): State.MONITOR,
    (State.NORMAL, "critical"): State.MONITOR,
    (State.MONITOR, "critical"): State.HOLD,
    (State.HOLD, "acknowledged"): State.RECOVERY,
    (State.RECOVERY, "consistent"): State.NORMAL,
    (State.RECOVERY, "inconsistent"): State.DEGRADED,
    (State.DEGRADED, "overridden"): State.NORMAL,
}


def hours(count: float) -> datetime:
    return AT + timedelta(hours=count)


def standing(state: State) -> Standing:
    return Standing(state, AT, warnings=1 if state is State.MONITOR else 0, warned_at=AT)


@pytest.mark.parametrize(("state", "name"), list(product(State, EVENTS)))
def test_step__every_state_and_every_event__walks_the_edge_of_the_source_or_none(state: State, name: str) -> None:
    moved = step(standing(state), EVENTS[name], hours(1))
    assert moved.state is EDGES.get((state, name), state)
    if moved.state is not state:
        assert (moved.since, TABLE[state, Cause(moved.cause)]) == (hours(1), moved.state)
        assert moved.reason.endswith(".")


@pytest.mark.parametrize(("state", "name"), list(product(State, EVENTS)))
def test_step__same_event_twice__is_once(state: State, name: str) -> None:
    once = step(standing(state), EVENTS[name], hours(1))
    assert step(once, EVENTS[name], hours(1)) == once


def test_table__is_the_sources__nothing_more() -> None:
    assert {(before.value, after.value) for (before, _), after in TABLE.items()} == {
        ("NORMAL", "MONITOR"),
        ("MONITOR", "HOLD"),
        ("MONITOR", "NORMAL"),
        ("HOLD", "RECOVERY"),
        ("HOLD", "DEGRADED"),
        ("RECOVERY", "NORMAL"),
        ("RECOVERY", "DEGRADED"),
        ("DEGRADED", "NORMAL"),
    }
    with pytest.raises(TypeError):
        TABLE[State.HOLD, Cause.CALM] = State.NORMAL  # type: ignore[index]


def test_monitor__calm_for_24_hours__is_normal_and_not_a_second_before() -> None:
    now = step(standing(State.MONITOR), CALM, hours(1))
    assert now.calm_since == hours(1)
    assert step(now, CALM, hours(25) - timedelta(seconds=1)).state is State.MONITOR
    assert step(now, CALM, hours(25)).state is State.NORMAL
    assert step(now, Waited(), hours(99)).state is State.MONITOR  # silence is no measurement


@pytest.mark.parametrize("again", [WARNING, EVENTS["at the warning"]])
def test_monitor__above_or_at_the_threshold_in_between__the_24_hours_begin_anew(again: Event) -> None:
    now = step(step(step(standing(State.MONITOR), CALM, hours(1)), again, hours(5)), CALM, hours(6))
    assert now.calm_since == hours(6)
    assert step(now, CALM, hours(29)).state is State.MONITOR
    assert step(now, CALM, hours(30)).state is State.NORMAL


def test_monitor__more_than_three_warnings__is_hold__however_often_it_is_looked_at() -> None:
    now, seen = step(Standing(State.NORMAL, AT), WARNING, AT), []
    while now.state is State.MONITOR:
        seen.append(now.warnings)
        now = step(now, WARNING, (now.measured_at or AT) + timedelta(minutes=15))
    assert sorted(set(seen)) == list(range(1, MOST_WARNINGS + 1))
    assert (now.state, now.cause) == (State.HOLD, "repeated_warnings")
    assert now.since == AT + MOST_WARNINGS * WARN_EACH
    assert now.evidence["warnings"] == 4


def test_hold__unanswered_for_72_hours__is_degraded__whatever_comes_then() -> None:
    held = standing(State.HOLD)
    assert step(held, Waited(), AT + ANSWER_WITHIN - timedelta(seconds=1)).state is State.HOLD
    for event in EVENTS.values():
        late = step(held, event, AT + ANSWER_WITHIN)
        assert (late.state, late.cause) == (State.DEGRADED, "unanswered")


def test_step__times_out_of_order__an_old_measurement_counts_for_nothing_and_a_person_is_never_lost() -> None:
    now = step(Standing(State.NORMAL, AT), CALM, hours(2))
    assert step(now, CRITICAL, hours(1)) is now
    held = Standing(State.HOLD, hours(3), measured_at=hours(3))
    assert step(held, EVENTS["acknowledged"], hours(2)).since == hours(3)


def test_step__evidence__is_the_measurements_and_the_persons() -> None:
    warned = step(Standing(State.NORMAL, AT), Measured(1.5, 1.0, 2.0, {"metric": "success"}), AT)
    assert warned.evidence == {"score": 1.5, "warning": 1.0, "critical": 2.0, "metric": "success"}
    back = step(standing(State.DEGRADED), EVENTS["overridden"], hours(1))
    assert back.evidence["amendment"] == "AMD-7" and "AMD-7" in back.reason


@pytest.mark.parametrize("score", [float("nan"), float("inf"), float("-inf")])
def test_measured__that_orders_nothing__refused(score: float) -> None:
    for wrong in ((score, 1.0, 2.0), (1.0, 2.0, 1.0), (1.0, 0.0, 1.0), (1.0, 1.0, score)):
        with pytest.raises(ValueError, match="finite"):
            Measured(*wrong)


def test_order__by_hand__only_into_a_stricter_state_and_never_into_recovery() -> None:
    allowed = {(before.value, after.value) for before, after in product(State, State) if may_order(before, after)}
    assert allowed == {
        *(("NORMAL", after) for after in ("MONITOR", "HOLD", "DEGRADED")),
        *(("MONITOR", after) for after in ("HOLD", "DEGRADED")),
        *(("RECOVERY", after) for after in ("HOLD", "DEGRADED")),
        ("HOLD", "DEGRADED"),
    }
    for before, after in product(State, State):
        if may_order(before, after):
            assert ordered(standing(before), after, hours(1), reason="Odd.").state is after
        else:
            with pytest.raises(ValueError, match="By hand"):
                ordered(standing(before), after, hours(1), reason="Odd.")


def test_ahead__says_every_edge_and_when_time_alone_is_missing() -> None:
    (wait,) = [one for one in ahead(standing(State.HOLD)) if one.at]
    assert (wait.state, wait.at) == (State.DEGRADED, AT + ANSWER_WITHIN)
    monitored = step(standing(State.MONITOR), CALM, hours(1))
    assert {one.state: one.at for one in ahead(monitored) if one.cause is Cause.CALM} == {
        State.NORMAL: hours(1) + CALM_FOR
    }
    assert [len(ahead(standing(state))) for state in State] == [1, 3, 2, 2, 1]


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(st.sampled_from(sorted(EVENTS)), st.integers(-120, 2_000)), max_size=60))
def test_histories__any_order_of_events_and_times__only_edges_of_the_table_and_no_flapping(
    history: list[tuple[str, int]],
) -> None:
    now, at, walked = Standing(State.NORMAL, AT), AT, [Standing(State.NORMAL, AT)]
    for name, minutes in history:
        at += timedelta(minutes=minutes)
        after = step(now, EVENTS[name], at)
        if after.state is not now.state:
            assert TABLE[now.state, Cause(after.cause)] is after.state
            walked.append(after)
        now = after
    for before, after in pairwise(walked):
        if before.state is State.MONITOR and after.state is State.NORMAL:
            assert after.since - before.since >= CALM_FOR


def test_monitor__a_finding_that_nothing_new_was_seen_of__warns_once() -> None:
    now = step(Standing(State.NORMAL, AT), Measured(1.2, 1.0, 1.3, seen_at=AT), AT)
    for hours in range(1, 100):
        now = step(now, Measured(1.2, 1.0, 1.3, seen_at=AT), AT + timedelta(hours=hours))
    assert (now.state, now.warnings) == (State.MONITOR, 1)
    later = AT + timedelta(hours=100)
    assert step(now, Measured(1.2, 1.0, 1.3, seen_at=later), later).warnings == 2
