"""What a head adds to the nearest rules, and what it never takes from them."""

from __future__ import annotations

import numpy as np
import pytest

from routing.embeddings.lexical import Lexical
from routing.router import features
from routing.router.confidence import Against, confidence
from routing.router.obeyed import THRESHOLD
from routing.router.scoring import MOST_SURE, Near, Trained, judged
from routing.router.training import LEAST, Patterns, held_out, is_enough, trained, tried_on

MODEL = Lexical.model
VERBS = ("run", "start", "do", "process", "check", "finish", "prepare", "show", "send", "open")
THINGS = {
    "payroll": ("payroll", "salaries", "wages", "bonus payments"),
    "travel": ("train ticket", "flight", "hotel booking", "travel costs"),
    "rooms": ("meeting room", "board room", "desk", "parking place"),
}
WHEN = ("", "today", "for March", "again")


def said_by_hand() -> list[tuple[str, str]]:
    """480 requests with three labels."""
    return [
        (f"{verb} the {thing} {when}".strip(), label)
        for label, things in THINGS.items()
        for thing in things
        for verb in VERBS
        for when in WHEN
    ]


def _patterns() -> Patterns:
    texts, labels = zip(*said_by_hand(), strict=True)
    return Patterns(tuple(texts), Lexical().embed(texts), tuple(labels), MODEL)


@pytest.fixture(scope="module")
def patterns() -> Patterns:
    return _patterns()


@pytest.fixture(scope="module")
def learned(patterns: Patterns) -> Trained:
    found = trained(patterns)
    assert found is not None
    return found


def asked(text: str, patterns: Patterns, learned: Trained | None) -> dict[str, float]:
    vector = Lexical().embed([text])[0]
    return judged(patterns.near(vector), model=MODEL, text=text, vector=vector, trained=learned)


def test_judged__without_a_head__a_label_is_worth_the_curve_of_its_nearest_rule() -> None:
    near = [Near("a", 0.8), Near("b", 0.6), Near("a", 0.5)]
    found = judged(near, model="all-MiniLM-L6-v2@x", text="", vector=np.zeros(384, dtype=np.float32))
    curve = {cosine: confidence(cosine, model="all-MiniLM-L6-v2@x", against=Against.PATTERN) for cosine in (0.8, 0.6)}
    assert found == {"a": curve[0.8], "b": curve[0.6]}


def test_judged__with_a_head__tells_labels_apart(patterns: Patterns, learned: Trained) -> None:
    for text, label in (("process all wages now", "payroll"), ("a desk for March", "rooms"), ("my flight", "travel")):
        found = asked(text, patterns, learned)
        assert max(found, key=lambda one: found[one]) == label
        assert all(0 <= sure <= MOST_SURE for sure in found.values())


def test_judged__held_out_requests__pass_the_default_threshold(patterns: Patterns) -> None:
    trial = tried_on(patterns)
    assert trial is not None and trial.trained is not None
    sure = [
        max(judged(trial.rest.near(vector), model=MODEL, text=text, vector=vector, trained=trial.trained).values())
        for text, vector in zip(trial.aside.texts, trial.aside.vectors, strict=True)
    ]
    assert np.mean(np.array(sure) >= THRESHOLD) >= 0.94


def test_judged__what_the_rules_do_not_speak_of__is_less_sure(patterns: Patterns, learned: Trained) -> None:
    inside, outside = (
        asked("prepare the bonus payments", patterns, learned),
        asked("why is gold heavy", patterns, learned),
    )
    assert max(outside.values()) < 0.6 < max(inside.values())


def test_judged__a_pattern_that_is_repeated__decides_whatever_the_head_says(learned: Trained) -> None:
    near = [Near("rooms", 0.995), Near("payroll", 0.9)]
    vector = Lexical().embed(["run the payroll"])[0]
    found = judged(near, model=MODEL, text="run the payroll", vector=vector, trained=learned)
    assert found["rooms"] > found["payroll"]


def test_judged__a_rule_by_far_the_nearest__decides_whatever_the_head_says(learned: Trained) -> None:
    vector = Lexical().embed(["run the payroll"])[0]
    for cosines, label in (((0.9, 0.78), "rooms"), ((0.9, 0.85), "payroll")):
        near = [Near("rooms", cosines[0]), Near("payroll", cosines[1])]
        found = judged(near, model=MODEL, text="run the payroll", vector=vector, trained=learned)
        assert max(found, key=lambda one: found[one]) == label


def test_judged__a_label_learned_since__is_judged_as_without_a_head(learned: Trained) -> None:
    vector = Lexical().embed(["run the payroll"])[0]
    found = judged([Near("new", 0.9)], model=MODEL, text="run the payroll", vector=vector, trained=learned)
    assert found == {"new": confidence(0.9, model=MODEL, against=Against.PATTERN)}


def test_judged__a_head_of_another_model__is_not_asked(learned: Trained) -> None:
    vector = np.ones(4, dtype=np.float32)
    found = judged([Near("payroll", 0.8)], model="another@1", text="x", vector=vector, trained=learned)
    assert found == {"payroll": confidence(0.8, model="another@1", against=Against.PATTERN)}


def test_judged__nothing_near__nothing(learned: Trained) -> None:
    vector = Lexical().embed(["x"])[0]
    assert judged([], model=MODEL, text="x", vector=vector, trained=learned) == {}


def test_sureness__rises_with_the_evidence(learned: Trained) -> None:
    span = learned.middle - learned.low
    found = [learned.sureness(learned.low + step * span / 4) for step in range(-40, 40)]
    assert (learned.sureness(learned.low), learned.sureness(learned.middle)) == (0.7, 0.9)
    assert found == sorted(found) and learned.sureness(-1e9) == 0 and learned.sureness(1e9) == MOST_SURE


def test_trained__twice__is_the_same_head(patterns: Patterns, learned: Trained) -> None:
    again = trained(patterns)
    assert again is not None and (again.low, again.middle) == (learned.low, learned.middle)
    assert np.array_equal(again.head.weights, learned.head.weights)


def test_held_out__a_fifth_of_each_label__whatever_the_order(patterns: Patterns) -> None:
    aside, others = held_out(patterns)
    assert sorted(aside + others) == list(range(len(patterns.texts)))
    turned = patterns.only(reversed(range(len(patterns.texts))))
    again, _ = held_out(turned)
    assert {turned.texts[place] for place in again} == {patterns.texts[place] for place in aside}
    assert len(aside) == len(patterns.texts) // 5


@pytest.mark.parametrize(
    ("rules", "labels", "expected"),
    [
        (LEAST, 2, True),
        (LEAST - 1, 2, False),
        (LEAST, 1, False),
        (LEAST, LEAST, False),
        (100_000, 300, False),
        (10**5, 200, True),
    ],
)
def test_enough__many_patterns_of_several_labels(rules: int, labels: int, expected: bool) -> None:
    assert is_enough(rules, labels) is expected


def test_few_patterns__no_head(patterns: Patterns) -> None:
    assert trained(patterns.only(range(50))) is None


@pytest.mark.parametrize("text", ["", " ", "\ud800", "a" * 100_000, "日本語 の 文", "word " * 10_000])
def test_words__of_any_text__are_places(text: str) -> None:
    places, counts = features.words_of(text)
    assert len(places) == len(counts) == len(set(places.tolist())) and (counts >= 1).all()
    assert ((places >= 0) & (places < features.PLACES)).all()
