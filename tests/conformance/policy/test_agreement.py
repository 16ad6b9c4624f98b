"""The engine against the reference on random questions, and against conflicts whose resolution is known.

Some here, a hundred thousand with `TARS_PROOF=full` (`make proof`); the same code. A failing number is in the message:
`scenario(number)` makes the question again.
"""

from __future__ import annotations

import os
import random
from collections.abc import Iterator

import pytest

from governance.policy.book import book_of
from governance.policy.decide import decide
from governance.policy.rules import Theory
from governance.policy.verdict import Verdict
from governance.policy.writing import theory_text
from tests.reference.agreement import bytes_of, concluded, differences, verdict_of
from tests.reference.conflicts import KINDS, conflict
from tests.reference.joins import joined
from tests.reference.scenarios import Scenario, rephrased, scenario, shuffled
from tests.reference.theories import theory

IS_FULL = os.environ.get("TARS_PROOF") == "full"
PAIRS = 100_000 if IS_FULL else 400
CONFLICTS = 1000 if IS_FULL else 10 * len(KINDS)
PARTS = 8


def numbers(part: int, count: int) -> Iterator[int]:
    """One of the parts that may run beside each other."""
    return iter(range(part, count, PARTS))


@pytest.mark.proof
@pytest.mark.timeout(3600)
@pytest.mark.parametrize("part", range(PARTS))
def test_decide__random_questions__as_the_reference(part: int) -> None:
    for number in numbers(part, PAIRS):
        q = scenario(number)
        found = differences(q)
        assert not found, f"{number}: {found}\n{theory_text(q.theory)}{q.action} {q.bearer} {q.facts}"


@pytest.mark.proof
@pytest.mark.timeout(3600)
@pytest.mark.parametrize("part", range(PARTS))
def test_decide__random_questions_with_variables__as_the_reference(part: int) -> None:
    for number in numbers(part, PAIRS // 4):
        q = joined(number)
        found = differences(q)
        assert not found, f"{number}: {found}\n{theory_text(q.theory)}{q.action} {q.facts}"
        assert bytes_of(shuffled(q, random.Random(number))) == bytes_of(q), number


@pytest.mark.proof
@pytest.mark.timeout(3600)
@pytest.mark.parametrize("part", range(PARTS))
def test_conclude__random_theories__as_the_reference(part: int) -> None:
    for number in numbers(part, PAIRS // 2):
        stated = theory(number, has_norms=number % 4 > 0, has_weights=number % 2 > 0)
        found = concluded(stated)
        assert not found, f"{number}: {found}\n{theory_text(stated)}"


@pytest.mark.proof
@pytest.mark.parametrize("kind", KINDS)
def test_decide__conflicts_with_known_resolution__the_winner_wins(kind: str) -> None:
    for number in range(KINDS.index(kind), CONFLICTS, len(KINDS)):
        built = conflict(number)
        verdict = verdict_of(built.scenario)
        because = {reason.rule for reason in verdict.because}
        assert (verdict.outcome, because, set(verdict.missing_facts)) == (
            built.outcome,
            built.because,
            built.missing,
        ), number


@pytest.mark.proof
@pytest.mark.timeout(3600)
@pytest.mark.parametrize("part", range(PARTS))
def test_decide__told_in_another_order__same_bytes(part: int) -> None:
    for number in numbers(part, PAIRS // 4):
        q = scenario(number)
        told = shuffled(q, random.Random(number))
        assert bytes_of(told) == bytes_of(q), number
        other = verdict_of(rephrased(q, random.Random(number)))
        assert decided(other) == decided(verdict_of(q)), number


def decided(verdict: Verdict) -> object:
    """What a verdict says without its words, which follow the rules' own."""
    ids = ({reason.rule for reason in found} for found in (verdict.because, verdict.defeated))
    return (
        verdict.outcome,
        *ids,
        verdict.missing_facts,
        bool(verdict.errors),
        verdict.rules_applied,
        verdict.compliance_score,
    )


@pytest.mark.proof
@pytest.mark.timeout(3600)
@pytest.mark.parametrize("part", range(PARTS))
def test_decide__book_in_layers__same_bytes(part: int) -> None:
    """How a rulebook was put together, in one piece or one theory on another, says nothing."""
    for number in numbers(part, PAIRS // 4):
        q = scenario(number)
        assert layered(q, random.Random(number)) == verdict_of(q), number


def layered(q: Scenario, dice: random.Random) -> object:
    cut = dice.randint(0, len(q.theory.rules))
    below = Theory(q.theory.rules[:cut], q.theory.facts, q.theory.preferences)
    book = book_of(below).extended(Theory(q.theory.rules[cut:]))
    return decide(book, facts=q.facts, action=q.action, at=q.at, bearer=q.bearer)
