"""What a run is judged by: preferences in order, the 30 days before, domains, and exact counts."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from dreams.elicitation import consistency, preferences
from dreams.elicitation.consistency import Answered, Check, Part, Past
from dreams.elicitation.defaults import PAIRS, SCENARIOS
from dreams.elicitation.preferences import RANK, Shown, circle, edges, preferred
from dreams.elicitation.scenario import ASKS, OWN, BadScenario, Kind, Pair, Preference, Scenario, content_of, filled

calm = settings(suppress_health_check=[HealthCheck.too_slow], deadline=None)
"""The machine is shared: slow is not wrong."""
NOW = datetime(2026, 11, 29, tzinfo=UTC)
OUTCOMES = st.sampled_from(sorted(RANK))


def test_defaults__are_20_or_more_in_many_domains__even_without_a_capability() -> None:
    scenarios = [one.content for one in SCENARIOS if isinstance(one.content, Scenario)]
    assert len({one.key for one in SCENARIOS}) == len(SCENARIOS) >= 30
    assert sum(one.asked.action not in (OWN, ASKS) for one in scenarios) >= 20
    assert {"payroll", "compliance", "routing", "money", "voice", "memory", "e-stop", "privacy"} <= {
        one.domain for one in scenarios
    }
    for one in (*SCENARIOS, *PAIRS):
        assert content_of(one.kind, one.content.as_json()) == one.content


@calm
@given(OUTCOMES, OUTCOMES)
def test_preferred__turned_round__is_the_other_side(left: str, right: str) -> None:
    turned = {Preference.LEFT: Preference.RIGHT, Preference.RIGHT: Preference.LEFT}
    found = preferred(left, right)
    assert preferred(right, left) is turned.get(found, Preference.NEITHER)
    assert (found is Preference.NEITHER) == (left == right)


@calm
@given(st.lists(OUTCOMES, min_size=2, max_size=8))
def test_circle__what_follows_from_one_answer_each__has_none(outcomes: Sequence[str]) -> None:
    shown = [
        Shown("values", str(one), str(other), Preference.LEFT, preferred(outcomes[one], outcomes[other]))
        for one in range(len(outcomes))
        for other in range(one)
    ]
    assert circle(edges(shown)) == ()


_EDGES = st.lists(st.tuples(st.sampled_from("abcdef"), st.sampled_from("abcdef")), max_size=20)


@calm
@given(_EDGES)
def test_circle__is_found_exactly_where_no_order_exists(found: list[tuple[str, str]]) -> None:
    around = circle(found)
    assert bool(around) == (not _can_be_ordered(found))
    for better, worse in zip(around, (*around[1:], *around[:1]), strict=True):
        assert (better, worse) in found


def _can_be_ordered(found: list[tuple[str, str]]) -> bool:
    left = {name for edge in found for name in edge}
    rest = list(found)
    while left:
        free = left - {worse for _, worse in rest}
        if not free:
            return False
        left -= free
        rest = [edge for edge in rest if edge[0] not in free]
    return True


def test_circle__of_a_thousand__is_found() -> None:
    names = [f"{number:04}" for number in range(1_000)]
    line = list(pairwise(names))
    assert circle(line) == ()
    assert len(circle([*line, (names[-1], names[0])])) == 1_000


def test_preferences__that_people_hold_in_a_circle__disagree_with_a_sentence() -> None:
    pairs = [
        (name, name, Shown("values", left, right, Preference.LEFT, Preference.LEFT))
        for name, left, right in (("1", "a", "b"), ("2", "b", "c"), ("3", "c", "a"))
    ]
    found = consistency.of_preferences(pairs)
    assert [one.agrees for one in found] == [True, True, True, False]
    assert found[-1].said == "It prefers in a circle: “a” before “b” before “c” before “a”."


def answered(
    key: str, *, found: str = "deny", agrees: bool = True, domain: str = "work", principle: str = "p"
) -> Answered:
    return Answered(key, key, domain, principle, f"q-{key}", "deny", found, f"It is {found}.", agrees)


def past(found: str, days: int, *, law: str = "l", constitution: str = "c") -> Past:
    return Past("q-a", found, NOW - timedelta(days=days), law, constitution)


def test_baseline__is_the_usual_answer__of_equals_the_latest() -> None:
    usual = consistency.baseline([past("deny", 20), past("permit", 9), past("deny", 8), past("permit", 1)])
    assert usual["q-a"].found == "permit"
    assert consistency.baseline([past("deny", 20), past("deny", 8), past("permit", 1)])["q-a"].at == NOW - timedelta(8)


@pytest.mark.parametrize(
    ("before", "agrees", "law", "holds"),
    [
        ("deny", True, "l", True),
        ("permit", True, "l", False),
        ("permit", True, "new", True),
        ("permit", False, "new", False),
    ],
)
def test_time__another_answer__agrees_only_by_an_amendment_and_as_expected(
    before: str, agrees: bool, law: str, holds: bool
) -> None:
    usual = consistency.baseline([past(before, 3)])
    (check,) = consistency.of_time([answered("a", agrees=agrees)], usual, law=law, constitution="c")
    assert check.agrees is holds and (before == "deny") == ("as before" in check.said)


def test_time__a_question_that_nobody_asked_before__is_not_compared() -> None:
    assert (
        consistency.of_time([answered("b")], consistency.baseline([past("deny", 1)]), law="l", constitution="c") == ()
    )


def test_across__holds_by_domain__and_one_domain_alone_is_no_test() -> None:
    found = consistency.across(
        [
            answered("a", domain="voice"),
            answered("b", domain="work"),
            answered("c", domain="work", agrees=False),
            answered("d", principle="alone"),
        ]
    )
    assert [(one.domain, one.agrees) for one in found] == [("voice", True), ("work", False)]
    assert "does not hold in work: c: It is deny." in found[1].said


def checks(part: Part, agreed: int, asked: int) -> list[Check]:
    return [Check(part, str(one), "t", one < agreed, "s") for one in range(asked)]


@pytest.mark.parametrize(
    ("agreed", "asked", "passed"), [(20, 20, True), (19, 20, False), (19, 19, False), (38, 40, False), (39, 40, True)]
)
def test_judged__more_than_95_percent_of_20_or_more__passes(agreed: int, asked: int, passed: bool) -> None:
    report = consistency.judged(checks(Part.SCENARIOS, agreed, asked))
    assert report.passed is passed and bool(report.why) is not passed
    assert report.counts is (asked >= 20)


def test_judged__other_parts_can_fail_it__and_say_which() -> None:
    report = consistency.judged([*checks(Part.SCENARIOS, 30, 30), *checks(Part.TEMPORAL, 27, 30)])
    assert not report.passed
    assert report.why == (
        "57 of 60 checks of all parts agree; it takes more than 95 %.",
        "Over 30 days: 3 of 30 disagree.",
    )


@calm
@given(st.integers(0, 400), st.integers(0, 400))
def test_tally__is_exact(agreed: int, more: int) -> None:
    asked = agreed + more
    tally = consistency.Tally(asked, agreed)
    assert tally.is_consistent == (asked == 0 or 20 * agreed > 19 * asked)


def test_filled__takes_the_first_that_needs_no_approval() -> None:
    known = {"capabilities": ("audit", "pay*", "payroll"), "approvals": ("audit",)}
    assert filled(OWN, **known) == "payroll" and filled(ASKS, **known) == "audit"
    assert filled("abort", **known) == "abort"
    assert filled(OWN, capabilities=(), approvals=()) == ""


GOOD = {"title": "T", "domain": "work", "principle": "P", "action": "abort", "expected": "permit"}


@pytest.mark.parametrize(
    ("change", "pointer"),
    [
        ({"title": " "}, "/title"),
        ({"action": "a*"}, "/action"),
        ({"expected": "maybe"}, "/expected"),
        ({"expected": ""}, "/expected"),
        ({"circumstance": "storm"}, "/circumstance"),
        ({"asked_by": "ghost"}, "/asked_by"),
        ({"facts": [1]}, "/facts"),
        ({"has": "word"}, "/has"),
        ({"text": "a\x00b"}, "/text"),
        ({"domain": 5}, "/domain"),
    ],
)
def test_scenario__that_cannot_be_asked__says_which_member(change: dict[str, object], pointer: str) -> None:
    with pytest.raises(BadScenario) as refused:
        content_of(Kind.SCENARIO, {**GOOD, **change})
    assert refused.value.problems[0][0] == pointer


def test_pair__of_one_response__refused() -> None:
    side = {"label": "a", "action": "abort"}
    with pytest.raises(BadScenario):
        content_of(Kind.PAIR, {"title": "T", "dimension": "d", "left": side, "right": side, "expected": "left"})
    made = content_of(
        Kind.PAIR, {"title": "T", "dimension": "d", "left": side, "right": {**side, "label": "b"}, "expected": "left"}
    )
    assert isinstance(made, Pair) and preferences.by_dimension([]) == {}
