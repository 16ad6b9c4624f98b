"""Rules, conditions and conclusions in plain English."""

from __future__ import annotations

import re
from functools import lru_cache

from governance.policy.globs import is_glob
from governance.policy.precedence import label_of
from governance.policy.rules import Rule, Strength
from governance.policy.terms import (
    Arithmetic,
    Compares,
    Condition,
    Expression,
    Fact,
    Holds,
    Known,
    Literal,
    Matches,
    Modality,
    Term,
    Variable,
)
from governance.policy.values import Truth, shown

_COMPARED = {
    "==": "is",
    "!=": "is not",
    "<": "is less than",
    "<=": "is at most",
    ">": "is more than",
    ">=": "is at least",
}
_NAME = re.compile(r"[^\W\d_][\w.\-/:*]*")


def rule_words(rule: Rule) -> str:
    """The rule as one sentence: "If amount is more than 500, delete is forbidden.\""""
    said = conclusion_words(rule)
    if rule.strength is Strength.DEFEATER:
        said = f"nothing may be concluded against this: {said}"
    elif rule.strength is Strength.STRICT and rule.head.modality is Modality.FACT:
        said = f"always {said}"
    if not rule.body:
        return _sentence(said)
    return _sentence(f"if {_and([condition_words(condition) for condition in rule.body])}, {said}")


def conclusion_words(rule: Rule) -> str:
    """What the rule concludes: "delete is forbidden", "compliance_officer approves upload", "vip holds"."""
    first, *repairs = rule.head.chain
    said = norm_words(first, rule.head.modality)
    for repair in repairs:
        said += f"; if that is broken, {norm_words(repair, rule.head.modality)}"
    return said


def norm_words(literal: Literal, modality: Modality) -> str:
    """A literal with its modality in words."""
    if literal.atom.name == "approved" and literal.atom.args and modality is not Modality.FACT:
        return _approval_words(literal, modality)
    name = "every action" if literal.atom.name == "*" else _atom(literal)
    if modality is Modality.FACT:
        return f"{name} does not hold" if literal.is_negated else f"{name} holds"
    if modality is Modality.PERMISSION:
        return f"{name} may be left undone" if literal.is_negated else f"{name} is permitted"
    return f"{name} is forbidden" if literal.is_negated else f"{name} is required"


def _approval_words(literal: Literal, modality: Modality) -> str:
    action = _term(literal.atom.args[0])
    action = "every action" if action == "*" else action
    who = f" of {_term(literal.atom.args[1])}" if len(literal.atom.args) > 1 else ""
    if modality is Modality.PERMISSION:
        return f"{action} needs no approval{who}" if literal.is_negated else f"{action} may be approved"
    return f"approval of {action} is forbidden" if literal.is_negated else f"{action} needs approval{who}"


def condition_words(condition: Condition) -> str:
    """One condition in words: "amount is at most 500", "weekend does not hold", "amount is known"."""
    if isinstance(condition, Known):
        return f"{condition.name} is known"
    if isinstance(condition, Matches):
        return f'{expression_words(condition.value)} is like "{condition.glob}"'
    if isinstance(condition, Compares):
        left, right, sign = condition.left, condition.right, condition.operator
        return f"{expression_words(left)} {_COMPARED.get(sign, sign)} {expression_words(right)}"
    return _holds_words(condition)


def _holds_words(condition: Holds) -> str:
    literal = condition.literal
    if condition.modality is Modality.FACT:
        if condition.is_absent:
            negation = "not " if literal.is_negated else ""
            return f"it is not shown that {_atom(literal)} does {negation}hold"
        if literal.atom.name == "action" and len(literal.atom.args) == 1 and not literal.is_negated:
            return f"the action is {_term(literal.atom.args[0])}"
        return norm_words(literal, Modality.FACT)
    said = norm_words(literal, condition.modality)
    return f"it is not shown that {said}" if condition.is_absent else said


def expression_words(expression: Expression, *, is_inner: bool = False) -> str:
    """An expression as it is written."""
    if isinstance(expression, Arithmetic):
        left = expression_words(expression.left, is_inner=True)
        right = expression_words(expression.right, is_inner=True)
        said = f"{left} {expression.operator} {right}"
        return f"({said})" if is_inner else said
    if isinstance(expression, Fact | Variable):
        return expression.name
    return shown(expression)


def conclusion_text(rule: Rule) -> str:
    """The head in the text format: `[F] delete`, `[O] report, apologise`."""
    first = rule.head.chain[0]
    if rule.head.modality is Modality.FACT:
        return literal_text(first)
    if rule.head.modality is Modality.OBLIGATION and len(rule.head.chain) == 1 and first.is_negated:
        return f"[F] {literal_text(first.complement)}"
    return f"[{rule.head.modality.value}] " + ", ".join(literal_text(each) for each in rule.head.chain)


def literal_text(literal: Literal) -> str:
    """The literal in the text format."""
    return ("~" if literal.is_negated else "") + _atom(literal)


def class_words(weight: int) -> str:
    """The precedence class of a rule: "legal, weight 800"."""
    label = label_of(weight)
    return label if label == f"weight {weight}" else f"{label}, weight {weight}"


def source_words(rule: Rule) -> str:
    """Where a rule comes from: its clause, or its id if it names none."""
    return rule.source or rule.id


def _atom(literal: Literal) -> str:
    name = literal.atom.name if _is_name(literal.atom.name) else f'"{literal.atom.name}"'
    return f"{name}({', '.join(_term(term) for term in literal.atom.args)})" if literal.atom.args else name


def _term(term: Term | Truth) -> str:
    if isinstance(term, Variable):
        return term.name
    if isinstance(term, str):
        plain = _is_name(term) and (term[0].islower() or not term.isidentifier()) and not (is_glob(term) and term == "")
        return term if plain or term == "*" else '"' + term.replace("\\", "\\\\").replace('"', '\\"') + '"'
    return shown(term)


@lru_cache(maxsize=65_536)
def _is_name(text: str) -> bool:
    return text == "*" or _NAME.fullmatch(text) is not None


def _and(parts: list[str]) -> str:
    return parts[0] if len(parts) == 1 else ", ".join(parts[:-1]) + " and " + parts[-1]


def _sentence(text: str) -> str:
    return text[:1].upper() + text[1:] + "."
