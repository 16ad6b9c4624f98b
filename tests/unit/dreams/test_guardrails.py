"""The sequential bound and the judge: looking often is safe, and harm is found."""

from __future__ import annotations

import os
import random
from datetime import UTC, datetime
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dreams.guardrails.judging import Baseline, Judge, Seen, sentence
from dreams.guardrails.spark import spark
from dreams.guardrails.triggers import ALPHA, DEFAULTS, Reaction, Rule, Trigger, as_kept, fault, rules_of
from dreams.guardrails.wealth import Wealth, highest_likely, lowest_likely

AT = datetime(2026, 11, 28, 12, tzinfo=UTC)
IS_FULL = os.environ.get("TARS_PROOF") == "full"
RULES = {rule.trigger: rule for rule in DEFAULTS}
BEFORE = Baseline(finished=1_000, succeeded=950, priced=1_000, cost=0.02, rated=100, low=10)


def _stream(chance: random.Random, *, success: float, cost: float) -> list[Seen]:
    """Costs as they are: many small, few large."""
    return [Seen(AT, chance.random() < success, chance.lognormvariate(0, 0.8) * cost / 1.377) for _ in range(400)]


@pytest.mark.proof
def test_false_alarms__are_no_more_than_alpha_however_often_one_looks() -> None:
    """Harmless amendments, looked at after every execution; both triggers, so twice alpha at most (Ville's inequality)."""
    chance, trials = random.Random(7), 5_000 if IS_FULL else 300
    alarms = sum(bool(Judge(BEFORE).see(_stream(chance, success=0.95, cost=0.02), rules=RULES)) for _ in range(trials))
    assert alarms <= 2 * ALPHA * trials


@pytest.mark.proof
@pytest.mark.parametrize(("success", "cost", "trigger"), [(0.80, 0.02, Trigger.SUCCESS), (0.95, 0.05, Trigger.COST)])
def test_harm__is_found_nearly_always_within_four_hundred(success: float, cost: float, trigger: Trigger) -> None:
    chance, trials = random.Random(8), 1_000 if IS_FULL else 60
    found = 0
    for _ in range(trials):
        crossings = Judge(BEFORE).see(_stream(chance, success=success, cost=cost), rules=RULES)
        found += bool(crossings) and crossings[0].trigger is trigger
    assert found >= 0.9 * trials


@given(st.lists(st.floats(-1, 2, allow_nan=False), max_size=60), st.floats(-0.5, 1.5))
def test_wealth__survives_anything_and_its_json(values: list[float], floor: float) -> None:
    wealth = Wealth(floor)
    wealth.see_all(values)
    assert wealth.evidence >= 0 and wealth.count == len(values)
    assert Wealth.of(wealth.as_json()) == wealth


def test_wealth__grows_without_overflow() -> None:
    wealth = Wealth(0.9)
    wealth.see_all([0.0] * 10_000)
    assert wealth.evidence == float("inf") and wealth.is_crossed(alpha=ALPHA)


@given(st.integers(0, 500), st.integers(0, 500))
def test_wilson__holds_the_rate_and_stays_a_rate(successes: int, more: int) -> None:
    of = successes + more
    low, high = lowest_likely(successes, of), highest_likely(successes, of)
    assert 0 <= low <= high <= 1
    assert not of or (low <= successes / of + 1e-12 and high >= successes / of - 1e-12)


def test_wilson__is_the_textbooks() -> None:
    """Newcombe 1998, table I: 81 of 263."""
    assert (round(lowest_likely(81, 263), 4), round(highest_likely(81, 263), 4)) == (0.2553, 0.3662)


def test_a_violation__acts_on_one_event_and_only_a_new_section_is_one() -> None:
    known = Baseline(finished=50, succeeded=50, violated=("gov.md 1.1",))
    judge = Judge(known)
    assert not judge.see([Seen(AT, law=("gov.md 1.1",))], rules=RULES)
    (crossing,) = judge.see([Seen(AT, law=("gov.md 1.1", "gov.md 7.3"), id="x")], rules=RULES)
    assert sentence(crossing) == "Since then it ran into gov.md 7.3, which it did not before."
    assert crossing.as_json()["execution"] == "x"


def test_a_trigger_that_is_off__never_fires() -> None:
    off = {one.trigger: Rule(one.trigger, one.reaction, one.margin, one.least, is_on=False) for one in DEFAULTS}
    judge = Judge(BEFORE)
    assert not judge.see([Seen(AT, False, 9.0, "gov.md 7.3")] * 100, rules=off)
    assert not judge.rated([(AT, True)] * 100, rules=off)


def test_fewer_than_the_least__do_not_fire_however_bad() -> None:
    judge = Judge(BEFORE)
    assert not judge.see([Seen(AT, False)] * (RULES[Trigger.SUCCESS].least - 1), rules=RULES)
    assert judge.see([Seen(AT, False)], rules=RULES)


def test_ratings__are_taken_anew_so_that_a_revised_one_counts_as_it_is_now() -> None:
    judge = Judge(BEFORE)
    assert judge.rated([(AT, True)] * 12, rules=RULES)
    assert not judge.rated([(AT, False)] * 12, rules=RULES)
    assert judge.wealths[Trigger.SATISFACTION].count == 12


def test_the_judge__goes_on_from_what_was_kept() -> None:
    chance = random.Random(9)
    seen = _stream(chance, success=0.9, cost=0.03)
    whole = Judge(BEFORE)
    whole.see(seen, rules=RULES)
    part = Judge(BEFORE)
    for first, last in pairwise(range(0, 401, 50)):
        part.see(seen[first:last], rules=RULES)
        part = Judge.of(BEFORE, part.as_json())
    assert part.as_json() == whole.as_json()
    assert Baseline.of(BEFORE.as_json()) == BEFORE


@pytest.mark.parametrize(
    ("trigger", "without"),
    [
        (Trigger.SUCCESS, "0 such executions before it; 20 are needed to compare with"),
        (Trigger.COST, "0 such executions before it; 20 are needed to compare with"),
        (Trigger.SATISFACTION, "0 ratings before it; 5 are needed to compare with"),
        (Trigger.VIOLATION, ""),
    ],
)
def test_without_a_past__says_why_it_is_not_judged(trigger: Trigger, without: str) -> None:
    assert Baseline().without(trigger) == without


def test_rules__are_kept_whole_and_their_faults_named() -> None:
    assert rules_of(as_kept(DEFAULTS)) == DEFAULTS
    assert rules_of({}) == DEFAULTS
    assert fault(Rule(Trigger.SUCCESS, Reaction.WARN, 0.9, 5)) == "The margin is 0.01 to 0.5."
    assert fault(Rule(Trigger.VIOLATION, Reaction.WARN, 0.0, 0)).startswith("The least number")


def test_spark__has_every_level_in_the_box() -> None:
    made = spark([0.9, 0.5, 0.7], before=0.95, line=0.4)
    heights = [float(point.split(",")[1]) for point in made.points.split()]
    assert all(0 <= one <= 24 for one in (*heights, made.line, made.before))
    assert spark([1.0, 1.0], before=1.0, line=1.0).points == "0.0,22.0 100.0,22.0"
