"""Random small theories over few atoms, so that their rules meet: every strength, chains, absence, norms, weights, dates."""

from __future__ import annotations

import random
from datetime import UTC, datetime

from governance.policy.rules import Head, Rule, Strength, Theory
from governance.policy.terms import Atom, Holds, Literal, Modality

STRENGTHS = [*[Strength.DEFEASIBLE] * 6, Strength.STRICT, Strength.DEFEATER]
NORMS = [Modality.OBLIGATION, Modality.OBLIGATION, Modality.PERMISSION]


def theory(seed: int, *, has_norms: bool, has_weights: bool) -> Theory:
    """The theory of a seed. With weights a preference never runs in a circle."""
    chance = random.Random(f"{seed} {has_norms} {has_weights}")
    atoms = chance.randrange(2, 6)
    rules = [_rule(chance, f"r{number}", atoms, has_norms, has_weights) for number in range(chance.randrange(1, 14))]
    return Theory(
        rules=tuple(rules),
        facts=tuple(_literal(chance, atoms) for _ in range(chance.randrange(4))),
        preferences=tuple(_preferences(chance, rules, has_weights)),
    )


def _literal(chance: random.Random, atoms: int) -> Literal:
    return Literal(Atom(f"p{chance.randrange(atoms)}"), chance.random() < 0.5)


def _rule(chance: random.Random, identity: str, atoms: int, has_norms: bool, has_weights: bool) -> Rule:
    modality = chance.choice(NORMS) if has_norms and chance.random() < 0.65 else Modality.FACT
    length = chance.choice([1, 1, 2, 3]) if modality is Modality.OBLIGATION else 1
    is_dated = has_weights and chance.random() < 0.5
    return Rule(
        id=identity,
        head=Head(tuple(_literal(chance, atoms) for _ in range(length)), modality),
        body=tuple(_condition(chance, atoms, has_norms) for _ in range(chance.choice([0, 1, 1, 2, 2, 3]))),
        strength=chance.choice(STRENGTHS),
        weight=chance.choice([500, 600, 600, 800]) if has_weights else 500,
        enacted_at=datetime(2020 + chance.randrange(3), 1, 1, tzinfo=UTC) if is_dated else None,
    )


def _condition(chance: random.Random, atoms: int, has_norms: bool) -> Holds:
    modality = chance.choice(NORMS) if has_norms and chance.random() < 0.25 else Modality.FACT
    return Holds(_literal(chance, atoms), modality, chance.random() < 0.15)


def _preferences(chance: random.Random, rules: list[Rule], has_weights: bool) -> list[tuple[str, str]]:
    places = [(chance.randrange(len(rules)), chance.randrange(len(rules))) for _ in range(chance.randrange(6))]
    return [(rules[a].id, rules[b].id) for a, b in places if (a < b if has_weights else a != b)]
