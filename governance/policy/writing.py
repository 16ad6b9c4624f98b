"""Rules back as text, in one canonical way: `parse(theory_text(theory)) == theory`."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from decimal import Decimal
from typing import Final

from governance.policy.cursor import is_variable
from governance.policy.precedence import Precedence
from governance.policy.rules import Head, Rule, Strength, Theory
from governance.policy.terms import (
    Arithmetic,
    Compares,
    Condition,
    Constant,
    Expression,
    Fact,
    Holds,
    Known,
    Literal,
    Modality,
    Term,
    Variable,
)
from governance.policy.tokens import NAME

ARROWS: Final = {Strength.STRICT: "->", Strength.DEFEASIBLE: "=>", Strength.DEFEATER: "~>"}
_BARE: Final = re.compile(NAME)
_RESERVED: Final = frozenset({"not", "known", "matches", "true", "false"})
_LOOSE, _TIGHT = 1, 2


def theory_text(theory: Theory) -> str:
    """The text of a theory: facts, rules, preferences, one a line."""
    lines = [literal_text(fact) for fact in theory.facts]
    lines += [rule_text(rule) for rule in theory.rules]
    lines += [f"{stronger} > {weaker}" for stronger, weaker in theory.preferences]
    return "".join(f"{line}\n" for line in lines)


def rule_text(rule: Rule) -> str:
    """One rule on one line, with the notes that differ from what a rule has by itself."""
    body = ", ".join(map(condition_text, rule.body))
    notes = ", ".join(_notes(rule))
    return f"{rule.id}:{' ' if body else ''}{body} {ARROWS[rule.strength]} {head_text(rule.head)}{f' ({notes})' if notes else ''}"


def head_text(head: Head) -> str:
    """`p`, `[O] a, b`, `[F] p` (for the obligation of ~p), `[P] p`."""
    first, *rest = head.chain
    return ", ".join([modal_text(first, head.modality), *map(literal_text, rest)])


def condition_text(condition: Condition) -> str:
    """One condition of a body."""
    if isinstance(condition, Holds):
        return f"{'not ' if condition.is_absent else ''}{modal_text(condition.literal, condition.modality)}"
    if isinstance(condition, Compares):
        return f"{expression_text(condition.left)} {condition.operator} {expression_text(condition.right)}"
    if isinstance(condition, Known):
        return f"known({condition.name})"
    return f"matches({expression_text(condition.value)}, {quoted(condition.glob)})"


def modal_text(literal: Literal, modality: Modality) -> str:
    """A literal under a modality; an obligation of the opposite is written as a prohibition."""
    if modality is Modality.OBLIGATION and literal.is_negated:
        return f"[F] {literal_text(literal.complement)}"
    return literal_text(literal) if modality is Modality.FACT else f"[{modality.value}] {literal_text(literal)}"


def literal_text(literal: Literal) -> str:
    """`p`, `~p`, `owns(ann, X)`."""
    atom = literal.atom
    sign = "~" if literal.is_negated else ""
    args = f"({', '.join(map(term_text, atom.args))})" if atom.args else ""
    return f"{sign}{_name_text(atom.name)}{args}"


def expression_text(expression: Expression, *, tightness: int = 0) -> str:
    """An expression with the parentheses it needs and no others."""
    if isinstance(expression, Fact):
        return expression.name
    if isinstance(expression, str):
        return quoted(expression)
    if not isinstance(expression, Arithmetic):
        return term_text(expression)
    own = _LOOSE if expression.operator in "+-" else _TIGHT
    left = expression_text(expression.left, tightness=own)
    right = expression_text(expression.right, tightness=own + 1)
    text = f"{left} {expression.operator} {right}"
    return f"({text})" if own < tightness else text


def term_text(term: Term) -> str:
    """An argument: a variable, a symbol, a number, a truth value, a text in quotes."""
    if isinstance(term, Variable):
        return term.name
    if not isinstance(term, str):
        return constant_text(term)
    is_symbol = _BARE.fullmatch(term) and term not in _RESERVED and "*" not in term and not is_variable(term)
    return term if is_symbol else quoted(term)


def constant_text(value: Constant) -> str:
    """A number exactly, a truth value, a text in quotes."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, Decimal):
        text = format(value, "f")
        return text.rstrip("0").rstrip(".") if "." in text else text
    return quoted(value) if isinstance(value, str) else str(value)


def quoted(text: str) -> str:
    """A text in double quotes."""
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def moment_text(moment: datetime) -> str:
    """A moment in UTC; a midnight as its date."""
    there = moment.astimezone(UTC)
    text = there.isoformat().removesuffix("+00:00")
    return text.removesuffix("T00:00:00") if text.endswith("T00:00:00") else f"{text}Z"


def _name_text(name: str) -> str:
    if name == "*" or (_BARE.fullmatch(name) and name not in _RESERVED):
        return name
    return quoted(name)


def _notes(rule: Rule) -> list[str]:
    texts = (("source", rule.source), ("bearer", rule.bearer), ("authority", rule.authority))
    moments = (("from", rule.valid_from), ("until", rule.valid_until), ("enacted", rule.enacted_at))
    return [
        *([f"weight {int(rule.weight)}"] if rule.weight != Precedence.GENERAL else []),
        *(f"{word} {quoted(text)}" for word, text in texts if text),
        *(f'{word} "{moment_text(moment)}"' for word, moment in moments if moment),
        *([f"tier {rule.tier}"] if rule.tier else []),
    ]
