"""Ground instances by brute force: every rule under every assignment of every constant that occurs anywhere."""

from __future__ import annotations

import itertools
import operator
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from decimal import Decimal
from fractions import Fraction
from typing import Any

from governance.policy.rules import Rule, Theory
from governance.policy.terms import (
    Arithmetic,
    Atom,
    Compares,
    Condition,
    Constant,
    Expression,
    Fact,
    Holds,
    Known,
    Literal,
    Matches,
    Term,
    Variable,
)

Binding = dict[str, Constant]
OPERATORS: dict[str, Callable[[Any, Any], Any]] = {
    "+": operator.add,
    "-": operator.sub,
    "*": operator.mul,
    "/": operator.truediv,
    "==": operator.eq,
    "!=": operator.ne,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}


@dataclass(frozen=True)
class Truth:
    """`True`, `False`, or (has no value) `type`. Python takes True for 1; the logic does not."""

    value: bool


@dataclass(frozen=True)
class Instance:
    """A rule without variables. `body` must be proved; `is_false`, `missing` and `error` say what its comparisons are."""

    rule: Rule
    body: tuple[Holds, ...]
    chain: tuple[Literal, ...]
    is_false: bool = False
    missing: frozenset[str] = frozenset()
    error: bool = False

    @property
    def is_unknown(self) -> bool:
        return self.error or bool(self.missing)


class Unknown(Exception):
    """A value that is not there (`missing`) or cannot be computed."""

    def __init__(self, missing: str = "") -> None:
        self.missing = missing


def covers(glob: str, text: str, *, one: str = ".") -> bool:
    parts = [".*" if sign == "*" else one if sign == "?" else re.escape(sign) for sign in glob]
    return re.fullmatch("".join(parts), text, re.DOTALL) is not None


def constant(value: Any) -> Any:
    return Truth(value) if isinstance(value, bool) else value


def instances(theory: Theory, *, values: Mapping[str, Any], facts: Iterable[Literal]) -> list[Instance]:
    """Every rule under every binding of its variables, its comparisons worked out against `values`."""
    universe = sorted({c for literal in facts for c in literal.atom.args} | _constants(theory), key=repr)
    return [
        _instance(rule, dict(zip(names, binding, strict=True)), values)
        for rule in theory.rules
        for names in [sorted(_variables(rule))]
        for binding in itertools.product(universe, repeat=len(names))
    ]


def _instance(rule: Rule, binding: Binding, values: Mapping[str, Any]) -> Instance:
    made = Instance(rule, (), tuple(_bound(lit, binding) for lit in rule.head.chain))
    for condition in rule.body:
        if isinstance(condition, Holds):
            bound = replace(condition, literal=_bound(condition.literal, binding))
            made = replace(made, body=(*made.body, bound))
            continue
        try:
            if not _is_true(condition, binding, values):
                made = replace(made, is_false=True)
        except Unknown as unknown:
            names = frozenset(_names(condition)) - set(values)
            made = replace(made, missing=made.missing | names, error=made.error or not names)
            assert bool(names) == bool(unknown.missing), condition
    return made


def _bound(literal: Literal, binding: Binding) -> Literal:
    args = tuple(constant(binding[a.name] if isinstance(a, Variable) else a) for a in literal.atom.args)
    return Literal(Atom(literal.atom.name, args), literal.is_negated)


def _is_true(condition: Condition, binding: Binding, values: Mapping[str, Any]) -> bool:
    if isinstance(condition, Known):
        return condition.name in values
    if isinstance(condition, Matches):
        text = _value(condition.value, binding, values)
        if not isinstance(text, str):
            raise Unknown
        return covers(condition.glob, text)
    assert isinstance(condition, Compares)
    absent = set(_names(condition)) - set(values)
    if absent:
        raise Unknown(min(absent))
    left, right = _value(condition.left, binding, values), _value(condition.right, binding, values)
    if _kind(left) != _kind(right) or _kind(left) == "list":
        raise Unknown
    if _kind(left) == "truth" and condition.operator not in ("==", "!="):
        raise Unknown
    return OPERATORS[condition.operator](left, right)


def _value(expression: Expression, binding: Binding, values: Mapping[str, Any]) -> Any:
    if isinstance(expression, Fact):
        if expression.name not in values:
            raise Unknown(expression.name)
        return constant(values[expression.name])
    if isinstance(expression, Variable):
        return binding[expression.name]
    if not isinstance(expression, Arithmetic):
        return constant(expression)
    left, right = _value(expression.left, binding, values), _value(expression.right, binding, values)
    if _kind(left) != "number" or _kind(right) != "number" or (expression.operator == "/" and right == 0):
        raise Unknown
    return OPERATORS[expression.operator](Fraction(left), Fraction(right))


def _kind(value: Any) -> str:
    if isinstance(value, (bool, Truth)):
        return "truth"
    if isinstance(value, (int, Decimal, Fraction)):
        return "number"
    return "text" if isinstance(value, str) else "list"


def _names(part: Condition | Expression) -> Iterator[str]:
    if isinstance(part, Fact):
        yield part.name
    elif isinstance(part, Matches):
        yield from _names(part.value)
    elif isinstance(part, (Compares, Arithmetic)):
        yield from _names(part.left)
        yield from _names(part.right)


def reads(rule: Rule, name: str) -> bool:
    """Whether a comparison of the rule reads that value."""
    return any(name in _names(c) or (isinstance(c, Known) and c.name == name) for c in rule.body)


def _terms(rule: Rule) -> Iterator[Term]:
    for literal in (*rule.head.chain, *(c.literal for c in rule.body if isinstance(c, Holds))):
        yield from literal.atom.args


def _variables(rule: Rule) -> set[str]:
    return {term.name for term in _terms(rule) if isinstance(term, Variable)}


def _constants(theory: Theory) -> set[Any]:
    return {constant(t) for rule in theory.rules for t in _terms(rule) if not isinstance(t, Variable)}
