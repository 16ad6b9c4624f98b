"""A night's candidates: within bounds, never as today, never what was turned down, one dummy, the same for the same seed."""

from __future__ import annotations

import copy
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dreams.mutate.candidate import Candidate, Origin, contains, refusal
from dreams.mutate.choosing import Wish, candidates_of
from dreams.mutate.dials import dials_of
from dreams.mutate.hints import LowRatings, Telemetry, suggestions
from dreams.mutate.search import Tried, proposals
from governance.amendments.authority import misfit
from governance.amendments.kinds import AmendmentType
from governance.constitution import diff, schema
from tests.unit.dreams.mutate.documents import CLAY


def test_candidates_of__a_night__all_may_be_promoted_and_only_the_dummy_changes_nothing() -> None:
    before = copy.deepcopy(CLAY)
    found = candidates_of(CLAY, seed=1, most=30).candidates
    assert before == CLAY
    assert len(found) == len({one.digest for one in found}) == 30
    assert [one.origin for one in found].count(Origin.DUMMY) == 1 == sum(one.is_dummy for one in found)
    for one in found[1:]:
        dreamed = one.applied(CLAY)
        schema.check(dreamed)
        changes = diff.changes(CLAY, dreamed)
        assert misfit(type=AmendmentType.DREAM_PROMOTION, changes=changes, old=CLAY, new=dreamed) is None
        assert 1 <= len(changes) <= 2
        assert one.said(CLAY)
    assert found[0].applied(CLAY) == CLAY
    assert len({one.seed for one in found}) == 30


def test_candidates_of__the_same_seed__the_same_night() -> None:
    history = [Tried({"/routing_confidence_threshold": 0.6}, 0.05), Tried({"/routing_confidence_threshold": 0.8}, -0.1)]
    first = candidates_of(CLAY, seed=4, most=12, history=history)
    assert first == candidates_of(CLAY, seed=4, most=12, history=history)
    assert first != candidates_of(CLAY, seed=5, most=12, history=history)


def test_candidates_of__small_space__everything_once_and_then_an_end() -> None:
    document = {"x": 1, "y": "a", "tunable": {"/x": {"min": 0, "max": 2}, "/y": {"values": ["a", "b"]}}}
    found = candidates_of(document, seed=1, most=50).candidates
    assert {tuple(one.changes.items()) for one in found} >= {(), (("/x", 0),), (("/x", 2),), (("/y", "b"),)}
    assert len(found) <= 6
    assert [one.origin for one in candidates_of({}, seed=1, most=50).candidates] == [Origin.DUMMY]
    assert candidates_of(CLAY, seed=1, most=0).candidates == ()


@given(
    low=st.integers(0, 5),
    width=st.integers(0, 9),
    at=st.floats(0, 1),
    step=st.sampled_from([None, 0.5, 1, 2, 0.3]),
    choices=st.lists(st.sampled_from(["a", "b", 3, True]), min_size=1, unique_by=str),
    seed=st.integers(0, 9),
)
@settings(max_examples=15, deadline=None)
def test_candidates_of__any_bounds__never_outside_and_never_protected(
    low: int, width: int, at: float, step: float | None, choices: list[Any], seed: int
) -> None:
    document: dict[str, Any] = {
        "number": low + round(width * at, 1),
        "choice": choices[0],
        "guarded": {"limit": 1},
        "tunable": {
            "/number": {"min": low, "max": low + width, **({"step": step} if step else {})},
            "/choice": {"values": choices},
        },
        "protected": ["/guarded"],
    }
    schema.check(document)
    for one in candidates_of(document, seed=seed, most=8).candidates[1:]:
        dreamed = one.applied(document)
        assert refusal(one.changes, document) is None
        assert low <= dreamed["number"] <= low + width
        assert dreamed["choice"] in choices
        assert {**dreamed, "number": 0, "choice": 0} == {**document, "number": 0, "choice": 0}
        assert dreamed != document


def test_candidates_of__barred__does_not_come_back_even_inside_another() -> None:
    barred = [{"/fallback_delay_ms": value} for value in range(100, 1001, 45)] + [{"/is_brief": True}]
    wishes = [Wish({"/is_brief": True, "/greeting": "Hello"}, "Be brief"), Wish({"/greeting": "Hello"}, "Say hello")]
    found = candidates_of(CLAY, seed=2, most=25, wishes=wishes, barred=barred)
    assert not any({"/fallback_delay_ms", "/is_brief"} & set(one.changes) for one in found.candidates)
    assert found.refused[0].why == "It was rolled back, or somebody said never again."
    assert (found.candidates[1].origin, found.candidates[1].sentence) == (Origin.PERSON, "Say hello")
    assert not contains({"/a": 1}, {})
    assert contains({"/a": 1, "/b": 2}, {"/a": 1.0})


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"/routing_confidence_threshold": 0.95}, "outside its bounds"),
        ({"/requires_approval": []}, "protected"),
        ({"/skill": "other"}, "not one"),
        ({"/nowhere": 1}, "nothing is stated"),
        ({"/routing_confidence_threshold": 0.7}, "Nothing changes"),
        ({}, "Nothing changes"),
        ({"/tunable/~1fallback_delay_ms/max": 5000}, "not one"),
        ({"/fallback_delay_ms": "soon"}, "outside its bounds"),
    ],
)
def test_candidates_of__a_wish_that_may_not_be__refused_with_its_reason(changes: dict[str, Any], why: str) -> None:
    found = candidates_of(CLAY, seed=1, most=3, wishes=[Wish(changes, "Try this")])
    assert why in found.refused[0].why
    assert Origin.PERSON not in {one.origin for one in found.candidates}


def test_candidates_of__a_wish_under_one_of_two_names__moves_both() -> None:
    document = {
        "routing_confidence_threshold": 0.7,
        "routing_rules": {"confidence_threshold": 0.7},
        "tunable": {
            "/routing_confidence_threshold": {"min": 0.5, "max": 0.9},
            "/routing_rules/confidence_threshold": {"min": 0.5, "max": 0.9},
        },
    }
    found = candidates_of(
        document, seed=1, most=2, wishes=[Wish({"/routing_rules/confidence_threshold": 0.6}, "Lower")]
    )
    assert found.candidates[1].changes == dict.fromkeys(document["tunable"], 0.6)


def test_refusal__valid_bounds_and_a_document_that_would_contradict_itself() -> None:
    document = {
        "routing_confidence_threshold": 0.7,
        "routing_rules": {"confidence_threshold": 0.7},
        "tunable": {"/routing_confidence_threshold": {"min": 0.5, "max": 0.9}},
    }
    why = refusal({"/routing_confidence_threshold": 0.6}, document)
    assert why is not None and "would not hold together at /routing_rules/confidence_threshold" in why


def test_candidate__same_change__same_digest_whoever_thought_of_it() -> None:
    one = Candidate(Origin.PERSON, {"/fallback_delay_ms": 200}, "Faster", 1)
    assert one.digest == Candidate(Origin.OPTIMISER, {"/fallback_delay_ms": 200}, "Perhaps", 2).digest
    assert one.said(CLAY) == "Fallback waits 200 ms instead of 500 ms."


SEEN: list[tuple[str, dict[str, int], str, Any, str]] = [
    ("telemetry", {"fallbacks": 50, "fallbacks_won": 48}, "/fallback_delay_ms", 190, "waits 500 ms, and 48 of 50"),
    ("telemetry", {"just_below": 40, "just_below_won": 38}, "/routing_confidence_threshold", 0.65, "38 of 40"),
    ("telemetry", {"just_above": 40, "just_above_lost": 20}, "/routing_confidence_threshold", 0.75, "20 of 40"),
    ("telemetry", {"last_retries": 60, "last_retries_won": 1}, "/routing_rules/max_retries", 2, "1 of 60"),
    ("telemetry", {"last_retries": 60, "last_retries_won": 45}, "/routing_rules/max_retries", 4, "45 of 60"),
    ("ratings", {"rated": 90, "low": 10, "low_and_unsure": 7}, "/routing_confidence_threshold", 0.75, "7 of 10"),
    ("ratings", {"rated": 900, "low": 10, "low_and_waited": 9}, "/fallback_delay_ms", 190, "9 of 10"),
    ("ratings", {"rated": 50, "low": 10}, "/greeting", "Hello", "10 of 50"),
    ("telemetry", {"matches_beyond": 40, "matches_beyond_right": 39}, "/fuzzy_match_threshold", 0.85, "39 of 40"),
    ("telemetry", {"matches_within": 40, "matches_within_wrong": 12}, "/fuzzy_match_threshold", 0.75, "12 of 40"),
]


@pytest.mark.parametrize(("source", "figures", "pointer", "value", "said"), SEEN)
def test_suggestions__from_figures(source: str, figures: dict[str, int], pointer: str, value: Any, said: str) -> None:
    document = CLAY | {"fuzzy_match_threshold": 0.8}
    document["tunable"] = CLAY["tunable"] | {"/fuzzy_match_threshold": {"min": 0.5, "max": 0.9, "step": 0.05}}
    given = {"telemetry": Telemetry(), "ratings": LowRatings()}
    given[source] = (Telemetry if source == "telemetry" else LowRatings)(**figures)
    found = suggestions(dials_of(document)[0], **given)[0]  # type: ignore[arg-type]
    assert (found.origin.value, found.pointer, found.value) == (source.removesuffix("s"), pointer, value)
    assert said in found.sentence
    assert refusal({found.pointer: found.value}, document) is None


def test_suggestions__few_or_ordinary_figures__nothing() -> None:
    dials = dials_of(CLAY)[0]
    few = Telemetry(fallbacks=3, fallbacks_won=3, just_below=3, just_below_won=3, just_above=2, just_above_lost=1)
    assert suggestions(dials, telemetry=few, ratings=LowRatings(rated=10, low=1)) == ()
    assert suggestions(dials, telemetry=Telemetry(), ratings=LowRatings(rated=1000, low=20)) == ()
    words = dials_of({"fallback_delay_ms": "soon", "tunable": {"/fallback_delay_ms": {"values": ["soon", "late"]}}})[0]
    assert suggestions(words, telemetry=Telemetry(fallbacks=50, fallbacks_won=48), ratings=LowRatings()) == ()


def test_proposals__learn_from_nights__better_than_chance() -> None:
    """Ten nights of four trials on a hill with one summit: what was found is compared with as many random trials."""
    document = {
        **dict.fromkeys("abc", 10),
        "tunable": {f"/{name}": {"min": 0, "max": 40, "step": 1} for name in "abc"},
    }
    dials = dials_of(document)[0]

    def gain(values: dict[str, Any]) -> float:
        return (
            -sum((values.get(f"/{name}", 10) - summit) ** 2 for name, summit in zip("abc", (30, 6, 18), strict=True))
            / 100
        )

    ours, random = [], []
    for seed in range(6):
        history: list[Tried] = []
        for night in range(10):
            tried = proposals(dials, history=history, seed=100 * seed + night, most_moved=3)
            history += [Tried(values, gain(values)) for values, _ in zip(tried, range(4), strict=False)]
        ours.append(max(one.gain for one in history))
        draws = np.random.default_rng(seed).integers(0, 41, (40, 3))
        random.append(max(gain(dict(zip(("/a", "/b", "/c"), map(int, draw), strict=True))) for draw in draws))
    assert np.mean(ours) > np.mean(random), (ours, random)
    assert sum(one > other for one, other in zip(ours, random, strict=True)) >= 4, (ours, random)
