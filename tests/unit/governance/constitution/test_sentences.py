"""The golden sentences, and what no sentence may do."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from governance.constitution.diff import changes, effect_of
from governance.constitution.sentence import describe, sentence

GOLDEN: list[dict[str, Any]] = json.loads(Path(__file__).with_name("sentences.json").read_text(encoding="utf-8"))


def test_golden_sentences__there_are_at_least_sixty_and_each_has_its_name() -> None:
    assert len(GOLDEN) >= 60
    assert len({case["name"] for case in GOLDEN}) == len(GOLDEN)


@pytest.mark.parametrize("case", GOLDEN, ids=lambda case: case["name"])
def test_sentence__golden(case: dict[str, Any]) -> None:
    found = changes(case["old"], case["new"])
    assert sentence(found) == case["sentence"]
    assert effect_of(found) == case["effect"]


def test_sentence__the_example_of_the_specification_word_for_word() -> None:
    old = {"refund_limit_usd": 50, "requires_approval": []}
    new = {"refund_limit_usd": 500, "requires_approval": ["delete"]}
    assert sentence(changes(old, new)) == "Refund limit rises from 50 to 500 USD; delete now also needs approval."


def test_describe__one_change__is_one_sentence() -> None:
    (change,) = changes({"retention_period_days": 730}, {"retention_period_days": 2555})
    assert describe(change) == "Records are kept 7 years instead of 2."


def test_sentence__limit__an_expansion_is_never_the_one_left_out() -> None:
    old = {"version": "1", "domain": "d", "refund_limit_usd": 1, "audit_trail_required": False}
    new = {"version": "2", "domain": "e", "refund_limit_usd": 2, "audit_trail_required": True}
    assert sentence(changes(old, new), limit=1) == "Refund limit rises from 1 to 2 USD; and 3 more changes."


def test_sentence__braces_and_format_fields_in_values__are_only_text() -> None:
    found = changes({"covenant": "{label}"}, {"covenant": "{0.__class__}"})
    assert sentence(found) == "The covenant changes from “{label}” to “{0.__class__}”."


@pytest.mark.parametrize("key", ["api_key", "client_secret", "password", "access_token", "private_key"])
def test_sentence__secret_sounding_field__value_not_shown_even_inside(key: str) -> None:
    for new in ({key: "hunter2"}, {key: {"inner": "hunter2"}}, {"connector": {key: "hunter2"}}):
        assert "hunter2" not in sentence(changes({}, new)) + sentence(changes(new, {}))
    assert "hunter2" not in sentence(changes({key: {"inner": "hunter1"}}, {key: {"inner": "hunter2"}}))


def test_sentence__change_rebuilt_without_its_path__still_speaks() -> None:
    from dataclasses import replace

    (change,) = changes({"refund_limit_usd": 50}, {"refund_limit_usd": 500})
    assert describe(replace(change, path=(), names=())) == "Refund limit rises from 50 to 500 USD."
