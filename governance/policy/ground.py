"""Constants for variables: the instances of the rules that facts and derivable heads can reach, and no more."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from typing import Final, NamedTuple, NoReturn, cast

from governance.policy.comparisons import Test, names_in, test_of
from governance.policy.errors import NotATheory
from governance.policy.facts import Facts, Row
from governance.policy.network import Instance
from governance.policy.rules import Rule, Strength, Theory
from governance.policy.terms import Atom, Holds, Literal, Modality, Term, Variable
from governance.policy.values import Scalar, decoded, encoded

MAX_STEPS: Final = 1_000_000
"""Most literals that are tried while variables are bound."""
MAX_LITERALS: Final = 500_000
"""Most literals of all instances together."""
MAX_CONDITIONS: Final = 100
"""Most conditions that bind in one rule with variables."""

Binding = dict[str, Scalar]
Relation = tuple[str, bool, Modality, int]
"""Name, sign, modality and number of arguments: what can be looked up together."""


def grounded(theory: Theory, *, at: datetime | None = None) -> list[Instance]:
    """Every rule without variables once, every rule with variables once for each binding that can matter, in order.

    A comparison that cannot be answered is false. Raises `NotATheory` for a variable that no positive condition binds and for
    too many instances.
    """
    facts = Facts()
    if any(_needs_values(rule) for rule in theory.rules):
        for fact in theory.facts:
            facts.literal(fact)
    plain, general = [], []
    for rule in theory.rules:
        if any(_variables(rule)):
            general.append(rule)
        else:
            plain.append(Instance(rule, _literals(rule), rule.head.chain, _is_dead(rule, facts, at)))
    valid = [rule for rule in general if _is_valid(rule, at)]
    return plain + _Grounding(theory.facts, plain, valid, facts).instances() if valid else plain


def _needs_values(rule: Rule) -> bool:
    return any(not isinstance(condition, Holds) for condition in rule.body)


def _literals(rule: Rule) -> tuple[Holds, ...]:
    if _needs_values(rule):
        return tuple(condition for condition in rule.body if isinstance(condition, Holds))
    return cast("tuple[Holds, ...]", rule.body)


def _is_valid(rule: Rule, at: datetime | None) -> bool:
    if at is None:
        return True
    return (rule.valid_from is None or rule.valid_from <= at) and (rule.valid_until is None or at < rule.valid_until)


def _is_dead(rule: Rule, facts: Facts, at: datetime | None) -> bool:
    return not _is_valid(rule, at) or not all(
        test_of(condition)(facts.values, {}, facts.groups) is True
        for condition in rule.body
        if not isinstance(condition, Holds)
    )


def _variables(rule: Rule) -> Iterator[str]:
    for literal in rule.head.chain:
        yield from (term.name for term in literal.atom.args if isinstance(term, Variable))
    for condition in rule.body:
        yield from (each.name for each in names_in(condition) if isinstance(each, Variable))


class _Open(NamedTuple):
    """A rule with variables, taken apart: what binds, what compares (with the variables it needs)."""

    rule: Rule
    binds: tuple[Holds, ...]
    tests: tuple[tuple[Test, frozenset[str]], ...]


class _Grounding:
    def __init__(
        self, facts: Iterable[Literal], plain: Iterable[Instance], rules: Sequence[Rule], values: Facts
    ) -> None:
        self.values = values
        self.steps = 0
        self.rows: dict[Relation, dict[Row, None]] = defaultdict(dict)
        self.index: dict[tuple[Relation, int, Scalar], list[Row]] = defaultdict(list)
        self.fresh: list[tuple[Relation, Row]] = []
        self.rules = [_opened(rule) for rule in rules]
        self.asking: dict[Relation, list[tuple[int, int]]] = defaultdict(list)
        for number, rule in enumerate(self.rules):
            for place, condition in enumerate(rule.binds):
                self.asking[_relation(condition.literal, condition.modality)].append((number, place))
        self.found: list[dict[tuple[Scalar, ...], Instance]] = [{} for _ in rules]
        self.size = 0
        for fact in facts:
            self.add(fact, Modality.FACT)
        for instance in plain:
            self.conclude(instance)

    def instances(self) -> list[Instance]:
        for number, rule in enumerate(self.rules):
            if not rule.binds:
                self.instantiate(number, {})
        while self.fresh:
            relation, row = self.fresh.pop()
            for number, place in self.asking.get(relation, ()):
                self.extend(number, place, row)
        return [instance for found in self.found for instance in found.values()]

    def conclude(self, instance: Instance) -> None:
        """What an instance may make true can bind others."""
        rule = instance.rule
        if rule.strength is Strength.DEFEATER or instance.is_dead:
            return
        for literal in instance.chain:
            self.add(literal, rule.head.modality)
            if rule.head.modality is Modality.OBLIGATION:
                self.add(literal, Modality.PERMISSION)

    def add(self, literal: Literal, modality: Modality) -> None:
        relation = _relation(literal, modality)
        row = tuple(encoded(term) for term in literal.atom.args if not isinstance(term, Variable))
        if row in self.rows[relation]:
            return
        self.rows[relation][row] = None
        for place, value in enumerate(row):
            self.index[relation, place, value].append(row)
        self.fresh.append((relation, row))

    def extend(self, number: int, place: int, row: Row) -> None:
        """All instances of a rule in which the condition at that place is the new row."""
        rule = self.rules[number]
        start = _unified(rule.binds[place].literal.atom.args, row, {})
        stack = [] if start is None else [(0, start)]
        plan = _plan(rule.binds, place) if stack else []
        while stack:
            depth, binding = stack.pop()
            if depth == len(plan):
                self.instantiate(number, binding)
            else:
                stack += [(depth + 1, more) for more in self.matches(plan[depth], binding, rule.rule)]

    def matches(self, condition: Holds, binding: Binding, rule: Rule) -> Iterator[Binding]:
        args = condition.literal.atom.args
        for row in self.candidates(condition, binding):
            self.step(rule)
            more = _unified(args, row, binding)
            if more is not None:
                yield more

    def candidates(self, condition: Holds, binding: Binding) -> list[Row]:
        relation = _relation(condition.literal, condition.modality)
        values = [_value(term, binding) for term in condition.literal.atom.args]
        lists: list[list[Row]] = [
            self.index.get((relation, place, value), []) for place, value in enumerate(values) if value is not None
        ]
        return min(lists, key=len) if lists else list(self.rows.get(relation, ()))

    def instantiate(self, number: int, binding: Binding) -> None:
        rule = self.rules[number]
        self.step(rule.rule)
        key = tuple(binding.values()) if len(binding) < 2 else tuple(binding[name] for name in sorted(binding))
        if key in self.found[number]:
            return
        if any(test(self.values.values, binding, self.values.groups) is not True for test, _ in rule.tests):
            return
        self.size += len(rule.rule.body) + len(rule.rule.head.chain)
        if self.size > MAX_LITERALS:
            self.too_many(rule.rule)
        instance = Instance(
            rule.rule,
            tuple(Holds(_filled(one.literal, binding), one.modality, one.is_absent) for one in _literals(rule.rule)),
            tuple(_filled(literal, binding) for literal in rule.rule.head.chain),
        )
        self.found[number][key] = instance
        self.conclude(instance)

    def step(self, rule: Rule) -> None:
        self.steps += 1
        if self.steps > MAX_STEPS:
            self.too_many(rule)

    def too_many(self, rule: Rule) -> NoReturn:
        sentence = (
            f"Rule {rule.id} has too many instances to be looked at one by one; name what it speaks of more closely."
        )
        raise NotATheory(sentence, line=rule.line, problems=((rule.id, sentence),))


def _opened(rule: Rule) -> _Open:
    binds = tuple(one for one in _literals(rule) if not one.is_absent)
    bound = {term.name for one in binds for term in one.literal.atom.args if isinstance(term, Variable)}
    if len(binds) > MAX_CONDITIONS:
        sentence = (
            f"Rule {rule.id} has variables and more than {MAX_CONDITIONS} conditions; write a rule for a part of it."
        )
        raise NotATheory(sentence, line=rule.line, problems=((rule.id, sentence),))
    loose = next((name for name in _variables(rule) if name not in bound), None)
    if loose is not None:
        sentence = f"Nothing gives the variable {loose} of rule {rule.id} a value; name it in a condition without `not` as well."
        raise NotATheory(sentence, line=rule.line, problems=((rule.id, sentence),))
    tests = [
        (test_of(condition), frozenset(each.name for each in names_in(condition) if isinstance(each, Variable)))
        for condition in rule.body
        if not isinstance(condition, Holds)
    ]
    return _Open(rule, binds, tuple(tests))


def _relation(literal: Literal, modality: Modality) -> Relation:
    return literal.atom.name, literal.is_negated, modality, len(literal.atom.args)


def _value(term: Term, binding: Binding) -> Scalar | None:
    return binding.get(term.name) if isinstance(term, Variable) else encoded(term)


def _plan(binds: Sequence[Holds], first: int) -> list[Holds]:
    """The other conditions in the order in which they are looked up: those with the fewest open variables first."""
    known = {term.name for term in binds[first].literal.atom.args if isinstance(term, Variable)}
    waiting, plan = [one for place, one in enumerate(binds) if place != first], []
    while waiting:
        condition = max(waiting, key=lambda one: _bound_share(one, known))
        waiting.remove(condition)
        plan.append(condition)
        known |= {term.name for term in condition.literal.atom.args if isinstance(term, Variable)}
    return plan


def _bound_share(condition: Holds, known: Iterable[str]) -> int:
    args = condition.literal.atom.args
    return sum(not isinstance(term, Variable) or term.name in known for term in args) - len(args)


def _unified(args: Sequence[Term], row: Row, binding: Binding) -> Binding | None:
    more = dict(binding)
    for term, value in zip(args, row, strict=True):
        own = more.setdefault(term.name, value) if isinstance(term, Variable) else encoded(term)
        if own != value:
            return None
    return more


def _filled(literal: Literal, binding: Binding) -> Literal:
    args = tuple(decoded(binding[term.name]) if isinstance(term, Variable) else term for term in literal.atom.args)
    return Literal(Atom(literal.atom.name, args), literal.is_negated)
