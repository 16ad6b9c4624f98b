"""Every rule says its verdict, and the first in the order wins."""

from __future__ import annotations

import json
import math
from collections.abc import Callable
from dataclasses import replace

import pytest

from dreams.verdict.judging import judge, judge_night
from dreams.verdict.observed import Metric, Observed, Part
from dreams.verdict.plan import Plan
from dreams.verdict.rules import VERDICT_OF, Next, Rule, Verdict
from tests.unit.dreams.verdict.night import PLAN, Pairs, changed, good, seen

Flaw = Callable[[Pairs], Pairs]


def _kind(pairs: Pairs, kind: str, places: int, failing: int) -> Pairs:
    """The first pairs are of a kind of their own, and some of it fail in the dream."""
    named = [replace(pair, kind=kind) if place < places else pair for place, pair in enumerate(pairs)]
    return changed(named, lambda place: place < failing, success=False)


def _durations(pairs: Pairs, factor: Callable[[int], float], where: Callable[[int], bool] = lambda _: True) -> Pairs:
    return [
        replace(pair, dream=replace(pair.dream, duration_ms=pair.normal.duration_ms * factor(place)))
        if where(place)
        else pair
        for place, pair in enumerate(pairs)
    ]


FLAWS: dict[Rule, Flaw] = {
    Rule.PROTOCOL: lambda pairs: [*pairs[:-1], pairs[0]],
    Rule.NEW_VIOLATION: lambda pairs: changed(pairs, lambda place: place == 3, is_violation=True),
    Rule.GUARDRAIL_INFERIOR: lambda pairs: changed(pairs, lambda place: place % 3 == 0, confidence=0.4),
    Rule.GROUP_INFERIOR: lambda pairs: _kind(pairs, "z", 24, 24),
    Rule.PRIMARY_WORSE: lambda pairs: _durations(pairs, lambda _: 1.3),
    Rule.TOO_FEW_PAIRS: lambda pairs: pairs[:12] + pairs[200:],
    Rule.EFFECT_TOO_SMALL: lambda pairs: _durations(pairs, lambda _: 0.99),
    Rule.PRIMARY_NOT_SHOWN: lambda pairs: _durations(pairs, lambda place: 0.5 if place % 2 else 1.9),
    Rule.GUARDRAIL_NOT_SHOWN: lambda pairs: [replace(pair, similarity=None) for pair in pairs],
    Rule.AVERAGE_CONTRADICTS: lambda pairs: _durations(pairs, lambda _: 300.0, lambda place: place in (5, 77)),
    Rule.GROUP_WORSE: lambda pairs: _kind(pairs, "y", 20, 4),
    Rule.HELD_OUT_NOT_SHOWN: lambda pairs: _durations(
        pairs, lambda _: 0.93, lambda place: pairs[place].part is Part.HELD_OUT
    ),
    Rule.HELD_OUT_GUARDRAIL: lambda pairs: changed(
        pairs, lambda place: pairs[place].part is Part.HELD_OUT, confidence=0.745
    ),
}
COUNTED: dict[Rule, dict[str, int]] = {
    Rule.MISSING_PAIRS: {"scheduled": 430},
    Rule.SAMPLE_RATIO: {"normal_runs": 600},
}


def test_judge__nothing_wrong__promoted() -> None:
    found = judge(PLAN, seen(good()))
    assert (found.verdict, found.rule, found.next) == (Verdict.PROMOTE, Rule.ALL_HOLD, Next.STOP), found.sentence
    assert "Duration is 20.0 % better" in found.sentence
    assert (found.n_seen, found.n_held_out, found.looks) == (200, 200, 40)


@pytest.mark.parametrize("rule", FLAWS)
def test_judge__one_flaw__its_rule_says_so(rule: Rule) -> None:
    found = judge(PLAN, seen(FLAWS[rule](good())))
    assert (found.rule, found.verdict) == (rule, VERDICT_OF[rule]), found.sentence
    assert found.verdict is not Verdict.PROMOTE


@pytest.mark.parametrize("rule", COUNTED)
def test_judge__counts_that_do_not_fit__invalid(rule: Rule) -> None:
    found = judge(PLAN, seen(good(), **COUNTED[rule]))
    assert (found.rule, found.verdict) == (rule, Verdict.INVALID), found.sentence


@pytest.mark.parametrize("first", FLAWS)
def test_judge__two_flaws__never_later_than_the_first(first: Rule) -> None:
    order = list(Rule)
    later = set(order[order.index(first) + 1 :]) & set(FLAWS) - {Rule.TOO_FEW_PAIRS}  # too few to see the first
    for second in later:
        pairs = FLAWS[first](FLAWS[second](good()))
        found = judge(PLAN, seen(pairs)).rule
        assert order.index(found) <= order.index(first), (second, found)
        assert judge(PLAN, seen(pairs, breaches=["The night stopped in the middle."])).rule is Rule.PROTOCOL
        counted = judge(PLAN, seen(pairs, **COUNTED[Rule.MISSING_PAIRS])).rule
        assert order.index(counted) <= order.index(Rule.MISSING_PAIRS)


def test_judge__the_order_of_pairs__changes_nothing() -> None:
    assert judge(PLAN, seen(good())).sentence == judge(PLAN, seen(good()[::-1])).sentence


def test_judge__more_pairs_than_planned__invalid() -> None:
    assert judge(PLAN, seen(good(seen=201))).rule is Rule.PROTOCOL
    assert judge(PLAN, seen(good(), scheduled=399)).rule is Rule.PROTOCOL


@pytest.mark.parametrize(
    ("pairs", "following"),
    [
        (good(seen=10, held_out=0), Next.SEEN_PAIRS),
        (good(seen=60, held_out=0, speed=0.94), Next.SEEN_PAIRS),
        (good(seen=40, held_out=0), Next.SEEN_PAIRS),  # the guardrails need more
        (good(seen=100, held_out=0), Next.HELD_OUT_PAIRS),
        (good(seen=200, held_out=0), Next.HELD_OUT_PAIRS),
        (good(seen=200, held_out=0, speed=0.94), Next.STOP),
        (good(seen=60, held_out=0, speed=1.3), Next.STOP),
        (good(seen=200, held_out=200, speed=0.7), Next.STOP),
    ],
)
def test_next(pairs: Pairs, following: Next) -> None:
    found = judge(PLAN, seen(pairs))
    assert found.next is following, found.sentence


def test_judge__words_that_cost_the_same__wait_for_stars_once_the_guardrails_hold() -> None:
    same = good(speed=1.0)
    found = judge(PLAN, seen(same), is_worded=True)
    assert (found.verdict, found.rule, found.next) == (Verdict.HOLD, Rule.WAITS_FOR_STARS, Next.STOP), found.sentence
    assert judge_night(PLAN, {"words": seen(same)}, worded={"words"})["words"].rule is Rule.WAITS_FOR_STARS
    assert judge(PLAN, seen(same)).rule in (Rule.EFFECT_TOO_SMALL, Rule.PRIMARY_NOT_SHOWN), "numbers need an effect"


NUMBERS = (Rule.EFFECT_TOO_SMALL, Rule.PRIMARY_NOT_SHOWN, Rule.HELD_OUT_NOT_SHOWN)
"""What words may lack."""


@pytest.mark.parametrize("rule", [rule for rule in (*COUNTED, *FLAWS) if rule not in NUMBERS])
def test_judge__words_with_a_flaw__are_not_left_to_stars(rule: Rule) -> None:
    flaw: Flaw = FLAWS.get(rule, lambda pairs: pairs)
    found = judge(PLAN, seen(flaw(good(speed=1.0)), **COUNTED.get(rule, {})), is_worded=True)
    assert found.rule is not Rule.WAITS_FOR_STARS, found.sentence
    assert found.verdict is not Verdict.PROMOTE


def test_judge__words_that_are_faster_too__are_promoted_by_the_numbers() -> None:
    found = judge(PLAN, seen(good()), is_worded=True)
    assert (found.verdict, found.rule) == (Verdict.PROMOTE, Rule.ALL_HOLD), found.sentence
    begun = judge(PLAN, seen(good(seen=200, held_out=0)), is_worded=True)
    assert begun.next is Next.HELD_OUT_PAIRS, begun.sentence


def test_next__words__ask_what_the_guardrails_need() -> None:
    few = judge(PLAN, seen(good(seen=40, held_out=0, speed=1.0)), is_worded=True)
    assert (few.rule, few.next) == (Rule.GUARDRAIL_NOT_SHOWN, Next.SEEN_PAIRS), few.sentence
    short = judge(replace(PLAN, pairs_seen=40), seen(good(seen=40, held_out=0, speed=1.0)), is_worded=True)
    assert (short.rule, short.next) == (Rule.GUARDRAIL_NOT_SHOWN, Next.HELD_OUT_PAIRS), short.sentence
    whole = judge(PLAN, seen(good(seen=200, held_out=0, speed=1.0)), is_worded=True)
    assert (whole.rule, whole.next) == (Rule.WAITS_FOR_STARS, Next.STOP), whole.sentence


def test_judge__value_that_is_known_on_one_side_alone__invalid() -> None:
    hidden = changed(good(), lambda place: place % 10 == 0, confidence=None)
    assert judge(PLAN, seen(hidden)).rule is Rule.MISSING_PAIRS
    timeouts = changed(good(), lambda place: place % 10 == 0, duration_ms=None)
    assert judge(PLAN, seen(timeouts)).rule is Rule.MISSING_PAIRS


@pytest.mark.parametrize("duration", [-1.0, math.inf, math.nan])
def test_judge__value_that_cannot_be__invalid(duration: float) -> None:
    found = judge(PLAN, seen(changed(good(), lambda place: place == 9, duration_ms=duration)))
    assert (found.rule, found.sentence) == (Rule.PROTOCOL, "The request r9 has a value for duration_ms that cannot be.")


def test_judge_night__several__the_held_out_part_answers_for_all_finalists() -> None:
    weak = good(200, 60, speed=0.86)
    night = {f"c{number}": seen(weak) for number in range(10)}
    alone = judge(PLAN, night["c0"], finalists=1)
    together = judge_night(PLAN, night)
    assert alone.verdict is Verdict.PROMOTE, alone.sentence
    assert {one.rule for one in together.values()} == {Rule.HELD_OUT_NOT_SHOWN}
    few = judge_night(PLAN, {"weak": seen(weak), "worse": seen(good(speed=1.3)), "dummy": seen(good(speed=1.0))})
    assert few["weak"].verdict is Verdict.PROMOTE, "who is no finalist takes nothing away"
    with pytest.raises(ValueError):
        judge_night(PLAN, {f"c{number}": seen([]) for number in range(11)})


def test_judge__nothing_yet__too_few() -> None:
    assert judge(PLAN, seen([])).rule is Rule.TOO_FEW_PAIRS


def test_as_json__json_and_nothing_rounded() -> None:
    found = judge(PLAN, seen(good(speed=0.7654321)))
    stored = json.loads(json.dumps(found.as_json(), allow_nan=False))
    assert stored["primary"]["seen"]["gain"] == found.findings.seen.gain
    assert {one["metric"] for one in stored["guardrails"]} == {metric.value for metric in PLAN.margins}
    assert stored["rule"] == "all_hold"


def test_plan__json__there_and_back() -> None:
    assert Plan.of_json(json.loads(json.dumps(PLAN.as_json()))) == replace(PLAN, direction=PLAN.better)


@pytest.mark.parametrize(
    "bad",
    [
        {"primary": Metric.SIMILARITY},
        {"margins": {Metric.DURATION: 0.1}},
        {"margins": {Metric.SUCCESS: 0.0}},
        {"minimum_effect": 0.2},
        {"alpha": 0.0},
        {"family": 0},
        {"minimum_pairs": 201},
        {"look_every": 0},
    ],
)
def test_plan__that_cannot_be_followed__refused(bad: dict[str, object]) -> None:
    with pytest.raises(ValueError):
        replace(PLAN, **bad)


def test_plan__order_and_sides__follow_from_the_seed() -> None:
    keys = [f"r{number}" for number in range(400)]
    other = replace(PLAN, seed=8)
    ranked = sorted(keys, key=PLAN.rank)
    assert keys != ranked == sorted(keys, key=replace(PLAN).rank) != sorted(keys, key=other.rank)
    firsts = [PLAN.goes_first(key) for key in keys]
    assert firsts == [PLAN.goes_first(key) for key in keys] != [other.goes_first(key) for key in keys]
    assert 150 < firsts.count("dream") < 250


def test_gain__direction_down_for_a_metric_that_usually_rises() -> None:
    plan = replace(PLAN, primary=Metric.CONFIDENCE, direction="down", margins={Metric.SUCCESS: 0.05})
    less_sure = changed(good(), lambda _: True, confidence=0.5)
    assert judge(plan, seen(less_sure)).verdict is Verdict.PROMOTE
    assert isinstance(seen(less_sure), Observed)
