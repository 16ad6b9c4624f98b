"""Rules, conditions and conclusions in plain English. Names stay as they are written."""

from __future__ import annotations

from governance.policy.globs import is_glob
from governance.policy.precedence import label_of
from governance.policy.rules import Rule, Strength
from governance.policy.terms import (
    Arithmetic,
    Atom,
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
from governance.policy.values import shown
from governance.policy.writing import literal_text, quoted, term_text

COMPARED = {
    "==": "is",
    "!=": "is not",
    "<": "is less than",
    "<=": "is at most",
    ">": "is more than",
    ">=": "is at least",
}


def rule_words(rule: Rule) -> str:
    """The rule as one sentence: "If amount is more than 500, delete is forbidden.\""""
    said = conclusion_words(rule)
    if rule.strength is Strength.DEFEATER:
        said = f'nothing against "{said}" can be concluded'
    elif rule.strength is Strength.STRICT and rule.head.modality is Modality.FACT:
        said = f"{said}, without exception"
    if rule.body:
        return f"If {_and([condition_words(condition) for condition in rule.body])}, {said}."
    ours = rule.strength is Strength.DEFEATER or said.startswith("every action")
    return (said[:1].upper() + said[1:] if ours else said) + "."


def conclusion_words(rule: Rule) -> str:
    """What the rule concludes: "delete is forbidden", "upload needs the approval of compliance_officer"."""
    first, *repairs = rule.head.chain
    said = norm_words(first, rule.head.modality)
    for repair in repairs:
        said += f"; if that is broken, {norm_words(repair, rule.head.modality)}"
    return said


def norm_words(literal: Literal, modality: Modality) -> str:
    """A literal with its modality in words."""
    if modality is Modality.FACT:
        return _fact_words(literal)
    if literal.atom.name == "approved" and literal.atom.args:
        return _approval_words(literal, modality)
    name = _action(literal.atom.name) if not literal.atom.args else _unsigned(literal)
    if modality is Modality.PERMISSION:
        return f"{name} may be left undone" if literal.is_negated else f"{name} is permitted"
    return f"{name} is forbidden" if literal.is_negated else f"{name} is required"


def condition_words(condition: Condition) -> str:
    """One condition in words: "amount is at most 500", "weekend does not hold", "amount is known"."""
    if isinstance(condition, Known):
        return f"{condition.name} is known"
    if isinstance(condition, Matches):
        return f"{expression_words(condition.value)} is like {quoted(condition.glob)}"
    if isinstance(condition, Compares):
        said = COMPARED.get(condition.operator, condition.operator)
        return f"{expression_words(condition.left)} {said} {expression_words(condition.right)}"
    said = _holds_words(condition)
    return f"it is not shown that {said}" if condition.is_absent else said


def expression_words(expression: Expression, *, is_inner: bool = False) -> str:
    """An expression as it is written; a text of one word without its quotes."""
    if isinstance(expression, Arithmetic):
        left = expression_words(expression.left, is_inner=True)
        right = expression_words(expression.right, is_inner=True)
        said = f"{left} {expression.operator} {right}"
        return f"({said})" if is_inner else said
    if isinstance(expression, Fact | Variable):
        return expression.name
    return value_words(expression)


def value_words(value: object) -> str:
    """A value as a person writes it; a text that is not one word stands in quotes."""
    if isinstance(value, str) and (not value or any(letter.isspace() or letter == '"' for letter in value)):
        return quoted(value)
    return shown(value)


def class_words(weight: int) -> str:
    """The precedence class of a rule: "legal, weight 800"."""
    label = label_of(weight)
    return label if label == f"weight {weight}" else f"{label}, weight {weight}"


def source_words(rule: Rule) -> str:
    """Where a rule comes from: its clause, or its id if it names none."""
    return rule.source or rule.id


def _fact_words(literal: Literal) -> str:
    args = literal.atom.args
    if len(args) != 1:
        return f"{_unsigned(literal)} {'does not hold' if literal.is_negated else 'holds'}"
    includes = "does not include" if literal.is_negated else "includes"
    return f"{literal.atom.name} {includes} {_term(args[0])}"


def _approval_words(literal: Literal, modality: Modality) -> str:
    action, *roles = literal.atom.args
    name = _action(action) if isinstance(action, str) else _term(action)
    who = f"the approval of {_term(roles[0])}" if roles else "approval"
    if modality is Modality.PERMISSION:
        return f"{name} does not need {who}" if literal.is_negated else f"{name} may be approved"
    return f"{name} may not be approved" if literal.is_negated else f"{name} needs {who}"


def _holds_words(condition: Holds) -> str:
    literal = condition.literal
    if condition.modality is Modality.FACT and literal.atom.name == "action" and len(literal.atom.args) == 1:
        return f"the action {'is not' if literal.is_negated else 'is'} {_term(literal.atom.args[0])}"
    return norm_words(literal, condition.modality)


def _action(name: str) -> str:
    if name == "*":
        return "every action"
    return f"every action like {name}" if is_glob(name) else literal_text(Literal(Atom(name)))


def _unsigned(literal: Literal) -> str:
    return literal_text(literal.complement if literal.is_negated else literal)


def _term(term: Term) -> str:
    return value_words(term) if isinstance(term, str) else term_text(term)


def _and(parts: list[str]) -> str:
    return parts[0] if len(parts) == 1 else ", ".join(parts[:-1]) + " and " + parts[-1]
