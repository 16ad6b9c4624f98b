"""Rules in a few words, for tests of the engine that do not need the text format."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from governance.policy.book import book_of
from governance.policy.decide import decide
from governance.policy.rules import Head, Rule, Strength, Theory
from governance.policy.terms import Atom, Compares, Condition, Fact, Holds, Literal, Modality, Variable
from governance.policy.verdict import Verdict

AT = datetime(2026, 11, 28, 12, tzinfo=UTC)


def literal(text: str) -> Literal:
    """`p`, `~p`, `p(x, Y)`; capitals are variables, digits numbers."""
    is_negated = text.startswith("~")
    name, _, rest = text.removeprefix("~").partition("(")
    parts = [part.strip() for part in rest.removesuffix(")").split(",")] if rest else []
    return Literal(Atom(name, tuple(_term(part) for part in parts)), is_negated)


def _term(text: str) -> Any:
    if text.lstrip("-").isdigit():
        return int(text)
    return Variable(text) if text[0].isupper() else text


def so(text: str) -> Holds:
    """`p`, `not p`, `[O] p`, `not [P] p`."""
    is_absent = text.startswith("not ")
    text = text.removeprefix("not ")
    for modality in (Modality.OBLIGATION, Modality.PERMISSION):
        if text.startswith(f"[{modality.value}] "):
            return Holds(literal(text[4:]), modality, is_absent)
    return Holds(literal(text), is_absent=is_absent)


def when(name: str, operator: str, value: Any) -> Compares:
    return Compares(operator, Fact(name), value)


def rule(id: str, head: str, *body: Condition | str, **notes: Any) -> Rule:
    """`[F] delete`, `[O] report, apologise`, `[P] delete`, `p`."""
    conditions = tuple(so(part) if isinstance(part, str) else part for part in body)
    modality = Modality.FACT
    if head.startswith("["):
        letter, head = head[1], head[4:]
        head = f"~{head}" if letter == "F" else head
        modality = Modality.PERMISSION if letter == "P" else Modality.OBLIGATION
    chain = tuple(literal(part) for part in (head.split("; ")))
    notes.setdefault("strength", Strength.DEFEASIBLE)
    return Rule(id, Head(chain, modality), conditions, **notes)


def asked(*rules: Rule, facts: Any = None, action: str = "delete", prefer: Any = (), **more: Any) -> Verdict:
    theory = Theory(rules, preferences=tuple(prefer))
    return decide(book_of(theory), facts={} if facts is None else facts, action=action, at=AT, **more)
