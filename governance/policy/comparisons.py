"""Comparisons as functions over the values of a question. Exact: integers, decimals and fractions, never a float."""

from __future__ import annotations

import operator
from collections.abc import Callable, Mapping
from decimal import Decimal
from fractions import Fraction
from typing import Any

from governance.policy.globs import covers
from governance.policy.terms import (
    Arithmetic,
    Compares,
    Condition,
    Expression,
    Fact,
    Known,
    Matches,
    Variable,
)
from governance.policy.values import KINDS, MOST_BITS, Scalar, Truth, Unknown, Unreadable, encoded

Binding = Mapping[str, object]
Test = Callable[[Mapping[str, object], Binding, set[str]], "bool | Unknown"]
"""Asks the values by name, the variables, the names of objects: true, false, or why it cannot be known."""

DEEPEST = 60

_COMPARE: dict[str, Callable[[Any, Any], bool]] = {
    "==": operator.eq,
    "!=": operator.ne,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}
_CALCULATE: dict[str, Callable[[Any, Any], Fraction]] = {
    "+": operator.add,
    "-": operator.sub,
    "*": operator.mul,
    "/": operator.truediv,
}
_MIRROR = {"==": "==", "!=": "!=", "<": ">", "<=": ">=", ">": "<", ">=": "<="}


_OPEN = (Fact, Variable, Arithmetic)


class _CannotKnow(Exception):
    def __init__(self, unknown: Unknown) -> None:
        self.unknown = unknown


def test_of(condition: Compares | Known | Matches) -> Test:
    """The condition as a function. Raises ValueError, with a sentence, for a condition that no text could say."""
    if type(condition) is Compares and condition.operator in _COMPARE:
        return _simple(condition) or _compares(condition)
    if isinstance(condition, Known):
        name = condition.name
        return lambda values, _, groups: name in groups or values.get(name) is not None
    if isinstance(condition, Matches):
        return _matches(condition)
    raise ValueError(f"{condition.operator} compares nothing")


def names_in(condition: Condition) -> list[Fact | Variable]:
    """The facts and the variables that the condition reads."""
    if isinstance(condition, Compares):
        return [*_leaves(condition.left), *_leaves(condition.right)]
    if isinstance(condition, Matches):
        return _leaves(condition.value)
    if isinstance(condition, Known):
        return [Fact(condition.name)]
    return [term for term in condition.literal.atom.args if isinstance(term, Variable)]


def is_too_deep(condition: Condition) -> bool:
    """Whether an expression is nested beyond what a person can read."""
    if type(condition) is Compares:
        return _is_deep(condition.left) or _is_deep(condition.right)
    return type(condition) is Matches and _is_deep(condition.value)


def _is_deep(expression: Expression) -> bool:
    if type(expression) is not Arithmetic:
        return False
    level: list[Expression] = [expression]
    for _ in range(DEEPEST):
        level = [side for each in level if isinstance(each, Arithmetic) for side in (each.left, each.right)]
        if not level:
            return False
    return True


def bound(condition: Condition) -> tuple[str, str, Scalar] | None:
    """`amount <= 500` as (`amount`, `<=`, 500), whichever side the fact stands on."""
    if type(condition) is not Compares:
        return None
    left, right, sign = condition.left, condition.right, condition.operator
    if type(right) is Fact:
        left, right, sign = right, left, _MIRROR.get(sign, sign)
    if type(left) is Fact and not isinstance(right, _OPEN):
        return left.name, sign, encoded(right)
    return None


def _leaves(expression: Expression) -> list[Fact | Variable]:
    if not isinstance(expression, _OPEN):
        return []
    waiting: list[Expression] = [expression]
    found: list[Fact | Variable] = []
    while waiting:
        each = waiting.pop()
        if isinstance(each, Arithmetic):
            waiting += (each.left, each.right)
        elif isinstance(each, Fact | Variable):
            found.append(each)
    return found


def _simple(condition: Compares) -> Test | None:
    """A fact against a constant: by far the most frequent form, without any detour."""
    found = bound(condition)
    if found is None:
        return None
    name, sign, constant = found
    kind = KINDS.get(type(constant), "")
    compare = _COMPARE[sign]
    if kind == "truth value" and sign not in ("==", "!="):
        return None
    kinds = KINDS

    def test(values: Mapping[str, object], _: Binding, groups: set[str]) -> bool | Unknown:
        value = values.get(name)
        if kinds.get(type(value)) == kind:
            return compare(value, constant)
        return _why_not(name, value, constant, groups)

    return test


def _why_not(name: str, value: object, constant: object, groups: set[str]) -> Unknown:
    if value is None:
        return Unknown(error=f"{name} is an object") if name in groups else Unknown(missing=(name,))
    if isinstance(value, Unreadable):
        return Unknown(error=f"{name} is {value.reason}")
    return Unknown(error=f"{name} is a {KINDS[type(value)]} and is compared with a {KINDS[type(constant)]}")


def _compares(condition: Compares) -> Test:
    compare, sign = _COMPARE[condition.operator], condition.operator
    names = _facts_in(condition.left) + _facts_in(condition.right)

    def test(values: Mapping[str, object], binding: Binding, groups: set[str]) -> bool | Unknown:
        try:
            left = _value(condition.left, values, binding, groups)
            right = _value(condition.right, values, binding, groups)
        except _CannotKnow as stopped:
            return _missing(names, values, groups) or stopped.unknown
        kinds = KINDS[type(left)], KINDS[type(right)]
        if kinds[0] != kinds[1]:
            return Unknown(error=f"a {kinds[0]} is compared with a {kinds[1]}")
        if kinds[0] == "truth value" and sign not in ("==", "!="):
            return Unknown(error=f"truth values have no order, {sign} cannot compare them")
        return compare(_exact(left), _exact(right))

    return test


def _matches(condition: Matches) -> Test:
    names = _facts_in(condition.value)

    def test(values: Mapping[str, object], binding: Binding, groups: set[str]) -> bool | Unknown:
        try:
            value = _value(condition.value, values, binding, groups)
        except _CannotKnow as stopped:
            return _missing(names, values, groups) or stopped.unknown
        if not isinstance(value, str):
            return Unknown(error=f"matches needs a text, not a {KINDS[type(value)]}")
        return covers(glob=condition.glob, text=value)

    return test


def _facts_in(expression: Expression) -> tuple[str, ...]:
    return tuple(dict.fromkeys(each.name for each in _leaves(expression) if isinstance(each, Fact)))


def _missing(names: tuple[str, ...], values: Mapping[str, object], groups: set[str]) -> Unknown | None:
    """All that are missing, not just the first that was needed."""
    missing = tuple(name for name in names if values.get(name) is None and name not in groups)
    return Unknown(missing=missing) if missing else None


def _exact(value: object) -> object:
    return Fraction(value) if isinstance(value, Decimal) else value


def _value(expression: Expression, values: Mapping[str, object], binding: Binding, groups: set[str]) -> object:
    if isinstance(expression, Fact):
        value = values.get(expression.name)
        if value is None or isinstance(value, Unreadable):
            raise _CannotKnow(_why_not(expression.name, value, "", groups))
        return value
    if isinstance(expression, Variable):
        if expression.name not in binding:
            raise _CannotKnow(Unknown(error=f"nothing gives the variable {expression.name} a value"))
        return binding[expression.name]
    if isinstance(expression, Arithmetic):
        return _calculated(
            expression.operator,
            _value(expression.left, values, binding, groups),
            _value(expression.right, values, binding, groups),
        )
    return encoded(expression)


def _calculated(sign: str, left: Any, right: Any) -> Fraction:
    if isinstance(left, str | Truth) or isinstance(right, str | Truth):
        kind = KINDS[type(left if isinstance(left, str | Truth) else right)]
        raise _CannotKnow(Unknown(error=f"a {kind} cannot be calculated with"))
    if sign == "/" and right == 0:
        raise _CannotKnow(Unknown(error="a division by zero"))
    if sign not in _CALCULATE:
        raise _CannotKnow(Unknown(error=f"{sign} calculates nothing"))
    result: Fraction = _CALCULATE[sign](Fraction(left), Fraction(right))
    if result.numerator.bit_length() + result.denominator.bit_length() > MOST_BITS:
        raise _CannotKnow(Unknown(error="a number grows too large"))
    return result
