"""Reads the JSON form of published theories, apart from the engine's own reader, and writes tags as those files do."""

from __future__ import annotations

from typing import Any

from governance.policy.rules import Head, Rule, Strength, Theory
from governance.policy.terms import Atom, Holds, Literal

from .prove import DEFINITE, FACT, MAY, MUST, Prover

KINDS = {"constitutive": FACT, "prescriptive": MUST, "permissive": MAY}
BODIES = {"O": (MUST, False), "P": (MAY, False), "notO": (MUST, True), "notP": (MAY, True)}


def theory_of(data: dict[str, Any]) -> Theory:
    return Theory(
        rules=tuple(_rule(rule) for rule in data["rules"]),
        facts=tuple(literal(text) for text in data["facts"]),
        preferences=tuple((strong, weak) for strong, weak in data["superiority"]),
    )


def literal(text: str) -> Literal:
    return Literal(Atom(text.removeprefix("~")), text.startswith("~"))


def _rule(data: dict[str, Any]) -> Rule:
    chain = [data["head"]] if isinstance(data["head"], str) else data["head"]
    head = Head(tuple(literal(text) for text in chain), KINDS[data.get("kind", "constitutive")])
    body = tuple(_condition(part) for part in data["body"])
    return Rule(data["id"], head, body, Strength(data.get("type", "defeasible")))


def _condition(part: str | dict[str, str]) -> Holds:
    if isinstance(part, str):
        return Holds(literal(part))
    [(kind, text)] = part.items()
    modality, is_absent = BODIES[kind]
    return Holds(literal(text), modality, is_absent)


def tags(prover: Prover) -> dict[str, list[str]]:
    """The four sets of a theory without norms."""
    found = {
        "+D": (prover.plus, DEFINITE),
        "-D": (prover.minus, DEFINITE),
        "+d": (prover.plus, FACT),
        "-d": (prover.minus, FACT),
    }
    return {name: _texts(lit for tag, lit in keys if tag == wanted) for name, (keys, wanted) in found.items()}


def norms(prover: Prover) -> dict[str, list[str]]:
    """What a theory with norms comes to."""
    proved = {kind: _texts(lit for tag, lit in prover.plus if tag == kind) for kind in (FACT, MUST, MAY)}
    return {
        "facts_derived": proved[FACT],
        "obligations": proved[MUST],
        "permissions": proved[MAY],
        "violations": _texts(prover.violations()),
        "terminal_violations": sorted(prover.terminal()),
    }


def _texts(literals: Any) -> list[str]:
    return sorted(("~" if lit.is_negated else "") + lit.atom.name for lit in literals)
