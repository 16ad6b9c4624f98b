"""`conclude` against cases with exact answers, and against the slow second reading of docs/policy.md."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from governance.policy.conclude import Conclusions, conclude
from governance.policy.jsonform import has_kinds, json_of, theory_of
from governance.policy.rules import Theory
from governance.policy.text import parse
from governance.policy.writing import theory_text
from tests.conformance.cases import public
from tests.reference.evaluator import conclude as slow
from tests.reference.prove import DEFINITE, FACT, MAY, MUST
from tests.reference.theories import theory

HERE = Path(__file__).parent
OWN = ["defeasible_theories.jsonl", "deontic_named.json", "deontic_theories.jsonl"]
TAGS = {
    "definite": ("plus", DEFINITE),
    "not_definite": ("minus", DEFINITE),
    "defeasible": ("plus", FACT),
    "not_defeasible": ("minus", FACT),
    "obligations": ("plus", MUST),
    "not_obligations": ("minus", MUST),
    "permissions": ("plus", MAY),
    "not_permissions": ("minus", MAY),
}


def cases(name: str) -> list[dict[str, Any]]:
    text = (HERE / name).read_text(encoding="utf-8")
    return json.loads(text) if name.endswith(".json") else [json.loads(line) for line in text.splitlines()]


@pytest.mark.parametrize("name", OWN)
def test_conclude__cases_with_exact_answers__every_one(name: str) -> None:
    for case in cases(name):
        assert conclude(theory_of(case)).as_json(is_normative=has_kinds(case)) == case["expect"], case["id"]


def test_conclude__theories_of_another_engine__every_one_of_the_standard_theory() -> None:
    for case in json.loads(public("spindle_fixtures.json").read_text(encoding="utf-8")):
        if case["expect_full"]:
            assert conclude(theory_of(case)).as_json() == case["expect_full"], case["id"]


@pytest.mark.parametrize("name", OWN)
def test_theory__as_text_and_as_json__is_the_same_theory(name: str) -> None:
    for case in cases(name):
        stated = theory_of(case)
        assert parse(theory_text(stated)) == stated == theory_of(json_of(stated)), case["id"]


@pytest.mark.parametrize("has_norms", [False, True])
@pytest.mark.parametrize("has_weights", [False, True])
def test_conclude__random_theories__as_the_slow_reading(has_norms: bool, has_weights: bool) -> None:
    for seed in range(400):
        stated = theory(seed, has_norms=has_norms, has_weights=has_weights)
        assert_same(stated, conclude(stated))


def assert_same(stated: Theory, found: Conclusions) -> None:
    expected = slow(stated)
    names = list(TAGS)[: 8 if found.has_norms else 4]
    for name in names:
        side, tag = TAGS[name]
        assert set(getattr(found, name)) == {q for own, q in getattr(expected, side) if own == tag}, theory_text(stated)
    assert set(found.violations) == expected.violations(), theory_text(stated)
    assert set(found.terminal_violations) == expected.terminal(), theory_text(stated)
