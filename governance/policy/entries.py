"""Rules made ready for questions: conditions as functions, literals as keys, bodies as sets."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise

from governance.policy.comparisons import Test, bound, is_too_deep, names_in, test_of
from governance.policy.globs import covers
from governance.policy.rules import Rule, Strength
from governance.policy.terms import Condition, Fact, Holds, Literal, Modality, Variable
from governance.policy.values import Scalar, encoded

MOST_CONDITIONS = 1_000

Slot = tuple[str, object]
"""What a condition that hangs on facts alone asks for: ("=", fact name) or ("literal", (name, is negated))."""


@dataclass(frozen=True, slots=True)
class Pattern:
    """A literal with its arguments as keys; a variable stays a Variable."""

    name: str
    args: tuple[Scalar | Variable, ...]
    is_negated: bool

    @property
    def is_ground(self) -> bool:
        return not any(isinstance(arg, Variable) for arg in self.args)


@dataclass(frozen=True, slots=True)
class Need:
    """A literal that a body asks for."""

    pattern: Pattern
    modality: Modality
    is_absent: bool
    condition: Condition


class Entry:
    """A rule, ready. `broken` says what keeps it from being evaluated at all; such a rule is stuck whenever it counts.

    `slots`: the equalities and plain ground literals of the body, as (slot, the value it must have).
    """

    __slots__ = (
        "_body",
        "broken",
        "heads",
        "id",
        "is_ground",
        "is_strict",
        "is_supportive",
        "modality",
        "needs",
        "open_needs",
        "open_tests",
        "rule",
        "said",
        "slots",
        "tests",
        "weight",
    )

    def __init__(self, rule: Rule) -> None:
        self.rule = rule
        self.id = rule.id
        self.weight = rule.weight
        self.is_supportive = rule.strength is not Strength.DEFEATER
        self.is_strict = rule.strength is Strength.STRICT
        self.modality = rule.head.modality
        self.heads = tuple([pattern_of(literal) for literal in rule.head.chain])
        self.tests: tuple[tuple[Test, Condition], ...] = ()
        self.open_tests: tuple[tuple[Test, frozenset[str], Condition], ...] = ()
        self.needs: tuple[Need, ...] = ()
        self.open_needs: tuple[Need, ...] = ()
        self.slots: tuple[tuple[Slot, object], ...] = ()
        self.said: tuple[str, str] | None = None
        self._body: frozenset[object] | None = None
        self.broken = _broken(rule)
        if not self.broken:
            try:
                self._prepare()
            except (ValueError, TypeError, ArithmeticError) as error:
                self.broken = str(error)
        self.is_ground = not self.open_tests and not self.open_needs

    def _prepare(self) -> None:
        tests: list[tuple[Test, Condition]] = []
        open_tests: list[tuple[Test, frozenset[str], Condition]] = []
        needs: list[Need] = []
        slots: list[tuple[Slot, object]] = []
        for condition in self.rule.body:
            if isinstance(condition, Holds):
                needs.append(Need(pattern_of(condition.literal), condition.modality, condition.is_absent, condition))
                continue
            pair = bound(condition)
            variables = [] if pair else [each.name for each in names_in(condition) if isinstance(each, Variable)]
            if variables:
                open_tests.append((test_of(condition), frozenset(variables), condition))
                continue
            tests.append((test_of(condition), condition))
            if pair is not None and pair[1] == "==":
                slots.append((("=", pair[0]), pair[2]))
        self.tests, self.open_tests = tuple(tests), tuple(open_tests)
        if needs:
            self.needs = tuple([need for need in needs if need.pattern.is_ground])
            self.open_needs = tuple([need for need in needs if not need.pattern.is_ground])
        for need in self.needs:
            if need.modality is Modality.FACT and not need.is_absent:
                slots.append((("literal", (need.pattern.name, need.pattern.is_negated)), need.pattern.args))
        self.slots = tuple(slots)

    def is_live(self, *, at: datetime, bearer: str) -> bool:
        """Whether the rule is valid at that moment and binds that bearer."""
        rule = self.rule
        if not self.broken:
            if rule.valid_from is not None and at < rule.valid_from:
                return False
            if rule.valid_until is not None and at >= rule.valid_until:
                return False
        return not rule.bearer or covers(glob=rule.bearer, text=bearer)

    @property
    def body(self) -> frozenset[object]:
        """The conditions as a set, for specificity."""
        if self._body is None:
            self._body = frozenset(_identity(condition) for condition in self.rule.body)
        return self._body

    @property
    def sort_key(self) -> tuple[str, str]:
        """Tells apart rules that share an id."""
        return self.id, repr(self.rule)

    def mentions(self) -> set[str] | None:
        """The actions that the body names, one by one; None if it speaks of any action (`action(X)`, `action == …`)."""
        names: set[str] = set()
        for condition in self.rule.body:
            if not isinstance(condition, Holds):
                if any(isinstance(each, Fact) and each.name == "action" for each in names_in(condition)):
                    return None
            elif condition.modality is Modality.FACT:
                atom = condition.literal.atom
                if not atom.args:
                    names.add(atom.name)
                elif atom.name == "action" and len(atom.args) == 1:
                    if not isinstance(atom.args[0], str):
                        return None
                    names.add(atom.args[0])
        return names


def pattern_of(literal: Literal) -> Pattern:
    args: tuple[Scalar | Variable, ...] = ()
    if literal.atom.args:
        args = tuple([term if isinstance(term, Variable) else encoded(term) for term in literal.atom.args])
    return Pattern(literal.atom.name, args, literal.is_negated)


def ordered(entries: list[Entry]) -> list[Entry]:
    """By id; rules that share an id by their whole content. The order depends on the rules alone."""
    if len(entries) < 2:
        return entries
    entries.sort(key=_id)
    if any(one.id == other.id for one, other in pairwise(entries)):
        entries.sort(key=lambda entry: entry.sort_key)
    return entries


def _id(entry: Entry) -> str:
    return entry.id


def _broken(rule: Rule) -> str:
    if len(rule.body) > MOST_CONDITIONS or len(rule.head.chain) > MOST_CONDITIONS:
        return f"it has more than {MOST_CONDITIONS} conditions"
    if not rule.head.chain:
        return "it concludes nothing"
    if len(rule.head.chain) > 1 and rule.head.modality is not Modality.OBLIGATION:
        return "only an obligation has a chain of repairs"
    if any(is_too_deep(condition) for condition in rule.body):
        return "an expression is nested too deep"
    for moment in (rule.valid_from, rule.valid_until, rule.enacted_at):
        if moment is not None and moment.tzinfo is None:
            return "a moment has no time zone"
    return ""


def _identity(condition: Condition) -> object:
    """Python takes True for 1; rules do not."""
    text = repr(condition)
    return text if "True" in text or "False" in text else condition
