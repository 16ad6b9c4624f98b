"""Averages and rounding must hide nothing."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pytest

from dreams.verdict.figures import figures_of
from dreams.verdict.judging import judge
from dreams.verdict.observed import Metric, Outcome, Pair, Part
from dreams.verdict.plan import Plan
from dreams.verdict.rules import Rule, Verdict
from dreams.verdict.wording import better_or_worse, percent
from tests.unit.dreams.verdict.night import PLAN, changed, good, seen


def test_judge__a_loss_that_rounds_to_its_margin__not_promoted_and_shown() -> None:
    plan = replace(PLAN, margins={Metric.CONFIDENCE: 0.05})
    just_over = judge(plan, seen(changed(good(), lambda _: True, confidence=0.8 - 0.0504)))
    assert just_over.rule is Rule.GUARDRAIL_NOT_SHOWN
    assert "5.04 % worse" in just_over.sentence
    assert "a loss of 5.0 % is not ruled out" in just_over.sentence


def test_judge__same_average_success_and_one_kind_that_always_fails__rejected() -> None:
    """What one kind loses another wins: the mean is the same to the last digit."""
    pairs = [replace(pair, kind="xyz"[place % 3]) for place, pair in enumerate(good())]
    pairs = [
        replace(
            pair,
            normal=replace(pair.normal, success=pair.kind != "y"),
            dream=replace(pair.dream, success=pair.kind != "x"),
        )
        for pair in pairs[:399]
    ]
    found = judge(PLAN, seen(pairs))
    assert found.findings.guardrails[0].gain == 0.0
    assert (found.verdict, found.rule) == (Verdict.REJECT, Rule.GROUP_INFERIOR)


def test_judge__most_faster_and_few_very_slow__not_promoted() -> None:
    slow = [
        replace(pair, dream=replace(pair.dream, duration_ms=60_000)) if place % 50 == 0 else pair
        for place, pair in enumerate(good())
    ]
    found = judge(PLAN, seen(slow))
    assert found.findings.seen.gain is not None and found.findings.seen.gain > 0.15
    assert found.rule is Rule.AVERAGE_CONTRADICTS


def test_judge__one_violation_among_all__rejected_whatever_the_gain() -> None:
    found = judge(PLAN, seen(changed(good(speed=0.1), lambda place: place == 399, is_violation=True)))
    assert (found.verdict, found.rule) == (Verdict.REJECT, Rule.NEW_VIOLATION)
    before = [
        replace(pair, normal=replace(pair.normal, is_violation=True), dream=replace(pair.dream, is_violation=True))
        for pair in good()
    ]
    assert judge(PLAN, seen(before)).verdict is Verdict.PROMOTE, "it is not the dream's"


def test_percent__as_many_digits_as_it_takes() -> None:
    assert percent(0.05) == "5.0 %"
    assert percent(0.05004, beside=0.05) == "5.004 %"
    assert percent(0.049999, beside=0.05) == "4.9999 %"
    assert better_or_worse(-0.05004, beside=-0.05) == "5.004 % worse"
    assert better_or_worse(0.2) == "20.0 % better"


def test_figures_of__the_row_of_a_morning_report() -> None:
    cost = [replace(pair, normal=replace(pair.normal, cost_usd=Decimal("0.002"))) for pair in good()]
    rows = {figure.metric: figure for figure in figures_of(PLAN, seen(cost))}
    assert list(rows)[:2] == [Metric.DURATION, Metric.SUCCESS]
    duration, success, saved = rows[Metric.DURATION], rows[Metric.SUCCESS], rows[Metric.COST]
    assert duration.difference is not None and duration.difference.high < 0 < duration.gain.low
    assert success.tested is not None and (success.tested.name, success.tested.p) == ("mcnemar", 1.0)
    assert saved.gain.value == pytest.approx(0.5)
    assert (saved.normal, saved.dream) == (pytest.approx(0.002), pytest.approx(0.001))
    assert Metric.STARS not in rows, "nobody rated"
    assert duration.as_json()["gain"]["low"] == duration.gain.low


def test_observed__stars_are_few__and_compared_where_both_sides_have_them() -> None:
    plan = Plan.usual(
        Metric.STARS, planned_effect=0.3, minimum_effect=0.1, seed=1, family=2, margins={Metric.SIMILARITY: 0.3}
    )
    pairs = [
        Pair(
            f"r{number}",
            Part.HELD_OUT if number % 2 else Part.FRESH,
            normal=Outcome(True, stars=2 if number % 3 else None),
            dream=Outcome(True, stars=5 if number % 4 else None),
            similarity=0.9,
        )
        for number in range(400)
    ]
    found = judge(plan, seen(pairs))
    assert found.findings.seen.gain == pytest.approx(0.75)
    assert found.verdict is Verdict.PROMOTE, found.sentence
