from __future__ import annotations

import pytest

from routing.whatif.asked import Added, Asked, added_of, asked_of, concerns, words_of


def test_lines__become_rules__and_faults_name_their_line() -> None:
    found, faults = added_of("Bake bread -> baker\n\nA -> b → c\nnonsense\n -> x\n")
    assert found == (Added("Bake bread", "baker"), Added("A", "b → c"))
    assert faults == ("Line 4 is not of the form: text -> system.", "Line 5 is not of the form: text -> system.")


def test_question__written_and_read_back() -> None:
    asked = Asked(7, 0.8, ("b", "a"), (Added("x", "y"),), 3)
    assert asked_of(asked.as_json()) == Asked(7, 0.8, ("a", "b"), (Added("x", "y"),), 3)
    assert asked_of(Asked(constitution={"a": 1}).as_json()).constitution == {"a": 1}


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ({"a": 1}, {"a": 2}, False),
        ({}, {"routing_confidence_threshold": 0.8}, True),
        ({"routing_rules": {"max_retries": 1}}, {"routing_rules": {"max_retries": 2}}, False),
        ({}, {"routing_rules": {"fallback_system": "memvid"}}, True),
        ({}, {"routing_rules": {"confidence_threshold": 0.8}}, True),
        ({"capabilities": ["a"]}, {"capabilities": ["b"]}, True),
        ({"fallback_delay_ms": 1}, {"fallback_delay_ms": 2}, False),
    ],
)
def test_concerns__what_the_router_reads(old: dict[str, object], new: dict[str, object], said: bool) -> None:
    assert concerns(old, new) is said


def test_words__name_everything_that_is_different() -> None:
    asked = Asked(threshold=0.8, off=("1", "2"), added=(Added("Bake", "baker"),), amendment=7)
    said = words_of(asked, label="AMD-7", system="clay", thresholds=(0.7, 0.8), patterns={"1": "Run", "2": "Stop"})
    assert said == (
        "The constitution of clay is as AMD-7 asks. The threshold is 0.80 instead of 0.70. 2 rules are off: “Run”, “Stop”. "
        "1 rule is new: “Bake” to baker."
    )
