from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from dreams.cycles.trials import NORMAL, Run, Trials, outcome_of
from dreams.verdict.observed import Metric, Part
from routing.rehearsal.shapes import Hop, Ran
from tests.unit.dreams.cycles.test_plans import written


def ran(status: Any = "completed", ms: int = 100, **more: Any) -> Ran:
    return Ran(status=status, duration_ms=ms, cost_usd=Decimal("0.01"), confidence=0.8, **more)


def run(key: str, side: int, one: Ran, part: Part = Part.FRESH) -> Run:
    return Run(key, side, part, "audit", one, None if side == NORMAL else 1.0)


def seen(*runs: Run) -> Trials:
    trials = Trials(written())
    trials.add(runs)
    return trials


def test_observed__both_sides_ran__is_a_pair() -> None:
    found = seen(run("a", NORMAL, ran(ms=500)), run("a", 1, ran(ms=200))).observed(1)
    assert found.n == 1
    assert found.gains(Metric.DURATION) == pytest.approx([0.6])


def test_observed__a_side_that_the_dream_may_not_call__is_no_pair_and_no_run_of_that_side() -> None:
    trials = seen(
        run("a", NORMAL, ran()), run("a", 1, ran("refused")), run("b", NORMAL, ran()), run("b", 1, ran("failed"))
    )
    found = trials.observed(1)
    assert (found.n, found.scheduled, found.normal_runs, found.dream_runs) == (1, 2, 2, 1)


def test_observed__what_only_others_ran__is_not_scheduled() -> None:
    assert seen(run("a", NORMAL, ran()), run("a", 0, ran())).observed(1).scheduled == 0


def test_observed__seen_only__leaves_the_held_out_part_out() -> None:
    held = Part.HELD_OUT
    trials = seen(run("a", NORMAL, ran()), run("a", 1, ran()), run("d", NORMAL, ran(), held), run("d", 1, ran(), held))
    assert trials.observed(1).n == 2
    assert trials.observed(1, is_seen_only=True).n == 1


def test_observed__a_breach__is_carried() -> None:
    assert seen().observed(1, breaches=["It was stopped."]).breaches == ("It was stopped.",)


@pytest.mark.parametrize(
    ("status", "success"), [("completed", True), ("partial", False), ("failed", False), ("governance_blocked", False)]
)
def test_outcome__only_what_is_whole_succeeds(status: str, success: bool) -> None:
    assert outcome_of(ran(status)).success is success


def test_ran__stored_and_read__is_the_same_whatever_stands_beside_it() -> None:
    one = ran(
        hops=(Hop("a", "audit", "", "answered", 10, 200, "ok"),), usage={"api_calls": Decimal(2)}, output={"x": [1]}
    )
    assert Ran.of_json({**one.as_json(), "similarity": 0.5}) == one
