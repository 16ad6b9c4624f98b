"""The reference is held to cases whose answer is known without it, before the engine is held to the reference."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.conformance.cases import public
from tests.reference.conflicts import conflict
from tests.reference.evaluator import conclude, decide
from tests.reference.published import norms, tags, theory_of

HERE = Path(__file__).parent


def lines(name: str) -> list[dict[str, Any]]:
    text = (HERE / name).read_text(encoding="utf-8")
    return json.loads(text) if name.endswith(".json") else [json.loads(line) for line in text.splitlines()]


def test_conclude__random_theories__exact_tags() -> None:
    for case in lines("defeasible_theories.jsonl"):
        assert tags(conclude(theory_of(case))) == {k: sorted(v) for k, v in case["expect"].items()}, case["id"]


@pytest.mark.parametrize("name", ["deontic_named.json", "deontic_theories.jsonl"])
def test_conclude__theories_with_norms__exact_norms(name: str) -> None:
    for case in lines(name):
        assert norms(conclude(theory_of(case))) == {k: sorted(v) for k, v in case["expect"].items()}, case["id"]


def test_conclude__theories_of_another_engine__exact_tags() -> None:
    for case in json.loads(public("spindle_fixtures.json").read_text(encoding="utf-8")):
        if case["expect_full"]:
            assert tags(conclude(theory_of(case))) == {k: sorted(v) for k, v in case["expect_full"].items()}, case["id"]


def test_decide__conflicts_built_around_their_resolution__the_winner_wins() -> None:
    for number in range(1000):
        built = conflict(number)
        q = built.scenario
        found = decide(q.theory, facts=q.facts, action=q.action, at=q.at, bearer=q.bearer)
        assert (found.outcome, found.because, found.missing) == (built.outcome, built.because, built.missing), number
