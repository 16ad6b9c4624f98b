"""Non-interference (seeds/002 6.3), pure: what binds others, and what others know, never reaches a decision.

A decision of one bearer is the same, to the byte, whatever rules bind other bearers: of any weight, over any action, concluding
any fact. Two tenants have two books; that nothing flows between those is in tests/db/rulebook.
"""

from __future__ import annotations

import os
import random
from dataclasses import replace

import pytest

from governance.canonical import canonical_bytes
from governance.policy.book import book_of
from governance.policy.decide import decide
from governance.policy.rules import Head, Rule, Theory
from governance.policy.terms import Atom, Literal
from governance.policy.writing import theory_text
from tests.reference.scenarios import BASE, Scenario, scenario

ROUNDS = 20_000 if os.environ.get("TARS_PROOF") == "full" else 300
PARTS = 4


def others(seed: int, *, bearer: str) -> Theory:
    """Rules that bind somebody else, made of what another rulebook says and of conclusions about every plain fact."""
    dice = random.Random(f"others {seed}")
    rules = [*scenario(seed + 5_000_000).theory.rules, *scenario(seed + 6_000_000).theory.rules]
    rules += [Rule("b", Head((Literal(Atom(dice.choice(BASE)), dice.random() < 0.5),))) for _ in range(4)]
    bound = [replace(rule, id=f"other/{number}", bearer=bearer) for number, rule in enumerate(rules)]
    weighty = [replace(rule, weight=dice.choice((500, 950, 1000))) for rule in bound]
    pairs = [(a.id, b.id) for a in weighty for b in weighty if a.id < b.id and a.weight == b.weight]
    return Theory(tuple(weighty), (), tuple(dice.sample(pairs, min(4, len(pairs)))))


@pytest.mark.proof
@pytest.mark.timeout(3600)
@pytest.mark.parametrize("part", range(PARTS))
def test_decide__rules_that_bind_others__change_no_byte(part: int) -> None:
    for seed in range(part, ROUNDS, PARTS):
        q = replace(scenario(seed), bearer="clay-consigliere")
        foreign = others(seed, bearer=random.Random(seed).choice(("mara", "clay-x", "mara-*", "*-x")))
        alone = answered(q, q.theory)
        said = f"{seed}\n{theory_text(q.theory)}--\n{theory_text(foreign)}{q.facts}"
        assert answered(q, q.theory, foreign) == alone, said
        assert answered(q, foreign, q.theory) == alone, said
        assert answered(q, together(q.theory, foreign, random.Random(seed))) == alone, said


def together(one: Theory, other: Theory, dice: random.Random) -> Theory:
    rules = [*one.rules, *other.rules]
    dice.shuffle(rules)
    return Theory(tuple(rules), one.facts, one.preferences + other.preferences)


def answered(q: Scenario, first: Theory, *more: Theory) -> bytes:
    book = book_of(first)
    for theory in more:
        book = book.extended(theory)
    verdict = decide(book, facts=q.facts, action=q.action, at=q.at, bearer=q.bearer)
    return canonical_bytes(verdict.as_json())
