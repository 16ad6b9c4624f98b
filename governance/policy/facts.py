"""Facts as a caller gives them (JSON), flattened to literals and to values by name. Hostile input becomes a problem."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from governance.policy.terms import Literal, Variable
from governance.policy.values import FALSE, KINDS, TRUE, Scalar, Truth, Unreadable, Value, encoded, is_small

MOST_FACTS = 20_000
DEEPEST = 32
LONGEST_TEXT = 1_000_000
"""Characters of all names and texts together."""

Row = tuple[Scalar, ...]
_SEVERAL = Unreadable("several values")
_PLAIN = frozenset({str, bool, int, float})


class _TooLarge(Exception):
    pass


@dataclass(slots=True)
class Facts:
    """`rows` are the certain literals: (name, is negated) to argument tuples. `values` are what comparisons read.

    `groups` are the names of objects, `opaque` names whose literals cannot be read, with the reason.
    `problems` are sentences about what could not be read at all; one of them denies.
    """

    rows: dict[tuple[str, bool], set[Row]] = field(default_factory=dict)
    values: dict[str, Value] = field(default_factory=dict)
    groups: set[str] = field(default_factory=set)
    opaque: dict[str, str] = field(default_factory=dict)
    problems: list[str] = field(default_factory=list)

    def add(self, name: str, row: Row, *, is_negated: bool = False) -> None:
        self.rows.setdefault((name, is_negated), set()).add(row)

    def value(self, name: str, value: Value) -> None:
        """Give the name a value; a second one that differs makes it unreadable."""
        before = self.values.get(name, value)
        self.values[name] = value if type(before) is type(value) and before == value else _SEVERAL

    def with_value(self, name: str, value: Scalar) -> Facts:
        """The same facts but for one, which has this value now."""
        changed = self._copy()
        changed.opaque.pop(name, None)
        changed.rows[name, False] = set() if value is FALSE else {()} if value is TRUE else {(value,)}
        changed.rows[name, True] = {()} if value is FALSE else set()
        changed.values[name] = value
        return changed

    def with_row(self, name: str, row: Row, *, is_negated: bool, is_there: bool) -> Facts:
        """The same facts with one literal, and then without its contrary, or without it."""
        changed = self._copy()
        rows = set(self.rows.get((name, is_negated), ()))
        changed.rows[name, is_negated] = rows | {row} if is_there else rows - {row}
        if is_there:
            changed.rows[name, not is_negated] = self.rows.get((name, not is_negated), set()) - {row}
        if not row:
            changed.values.pop(name, None)
            if is_there:
                changed.values[name] = FALSE if is_negated else TRUE
        return changed

    def _copy(self) -> Facts:
        return Facts(dict(self.rows), dict(self.values), self.groups, dict(self.opaque), self.problems)

    def literal(self, literal: Literal) -> None:
        """A certain literal: `name`, `~name` and `name(x)` also give the name a value."""
        if any(isinstance(term, Variable) for term in literal.atom.args):
            self.problems.append(f"The fact {literal.atom.name} has a variable; a fact speaks of one thing.")
            return
        row = tuple(encoded(term) for term in literal.atom.args if not isinstance(term, Variable))
        self.add(literal.atom.name, row, is_negated=literal.is_negated)
        if not row:
            self.value(literal.atom.name, FALSE if literal.is_negated else TRUE)
        elif len(row) == 1 and not literal.is_negated:
            self.value(literal.atom.name, row[0])


def facts_of(given: object, *, parse: Callable[[str], Literal] | None = None) -> Facts:
    """Read the facts of a question: a JSON object, or a list of literals (parsed, or as text with `parse`)."""
    facts = Facts()
    try:
        if isinstance(given, Mapping):
            _Reader(facts).members(given, prefix="", depth=0)
        elif isinstance(given, Iterable) and not isinstance(given, str | bytes):
            _literals(facts, given, parse)
        elif given is not None:
            facts.problems.append("The facts are neither a JSON object nor a list of literals.")
    except _TooLarge:
        return Facts(problems=[f"The facts are too large: at most {MOST_FACTS} facts and {LONGEST_TEXT} characters."])
    return facts


def _literals(facts: Facts, given: Iterable[object], parse: Callable[[str], Literal] | None) -> None:
    characters = 0
    for count, item in enumerate(given):
        characters += len(item) if isinstance(item, str) else 0
        if count >= MOST_FACTS or characters > LONGEST_TEXT:
            raise _TooLarge
        if isinstance(item, Literal):
            facts.literal(item)
        elif isinstance(item, str) and parse is not None:
            try:
                facts.literal(parse(item))
            except Exception as error:
                facts.problems.append(f"A fact is no literal: {error}")
        else:
            facts.problems.append("A fact in the list is no literal.")


class _Reader:
    __slots__ = ("characters", "count", "facts")

    def __init__(self, facts: Facts) -> None:
        self.facts = facts
        self.count = 0
        self.characters = 0

    def members(self, given: Mapping[Any, Any], *, prefix: str, depth: int) -> None:
        for key, value in given.items():
            if type(key) is not str:
                self._problem("A name among the facts is no text.")
                continue
            name = prefix + key
            self.grow(len(name))
            self.member(name, value, depth)

    def member(self, name: str, value: object, depth: int) -> None:
        facts = self.facts
        if value is None:
            return
        if type(value) in _PLAIN:
            self.scalar(name, _scalar(value))
        elif isinstance(value, Mapping):
            if depth >= DEEPEST:
                self._problem(f"The facts are nested more than {DEEPEST} deep.")
            elif name == "approved":
                self.approvals(value)
            else:
                facts.groups.add(name)
                self.members(value, prefix=name + ".", depth=depth + 1)
        elif isinstance(value, list | tuple):
            self.items(name, value)
        else:
            self.scalar(name, _scalar(value))

    def scalar(self, name: str, value: Value) -> None:
        if value is TRUE:
            self.facts.add(name, ())
        elif value is FALSE:
            self.facts.add(name, (), is_negated=True)
        elif isinstance(value, Unreadable):
            self.facts.opaque[name] = min(value.reason, self.facts.opaque.get(name, value.reason))
        elif not isinstance(value, Truth):
            self.facts.add(name, (value,))
            if type(value) is str:
                self.grow(len(value))
        self.facts.value(name, value)

    def items(self, name: str, items: Iterable[object]) -> None:
        found: Unreadable = Unreadable("a list")
        for item in items:
            self.grow(len(item) if type(item) is str else 1)
            if item is None:
                continue
            value = _scalar(item)
            if isinstance(value, Unreadable):
                reason = f"a list with an item that is {value.reason}"
                found = Unreadable(min(reason, self.facts.opaque.get(name, reason)))
                self.facts.opaque[name] = found.reason
                continue
            self.facts.add(name, (value,))
        self.facts.value(name, found)

    def approvals(self, given: Mapping[Any, Any]) -> None:
        """`{"approved": {"upload": ["compliance_officer"]}}`: who approved what."""
        self.facts.groups.add("approved")
        for action, roles in given.items():
            self.grow(len(roles) if isinstance(roles, list | tuple) else 1)
            if roles is None or roles is False or type(action) is not str:
                continue
            self.facts.add("approved", (action,))
            for role in roles if isinstance(roles, list | tuple) else [roles]:
                if type(role) is str:
                    self.facts.add("approved", (action, role))

    def grow(self, characters: int) -> None:
        """Count one fact more. Past the bound nothing is read, so that the order of the keys never matters."""
        self.count += 1
        self.characters += characters
        if self.count > MOST_FACTS or self.characters > LONGEST_TEXT:
            raise _TooLarge

    def _problem(self, sentence: str) -> None:
        if sentence not in self.facts.problems:
            self.facts.problems.append(sentence)


def _scalar(value: object) -> Value:
    kind = type(value)
    if kind is str:
        return value  # type: ignore[return-value]
    if kind is bool:
        return TRUE if value else FALSE
    if kind is float:
        value, kind = Decimal(repr(value)), Decimal
    if kind is int or kind is Decimal:
        return value if is_small(value) else Unreadable("too large a number")  # type: ignore[arg-type, return-value]
    if isinstance(value, Mapping):
        return Unreadable("an object")
    if isinstance(value, list | tuple):
        return Unreadable("a list")
    return Unreadable("no text, number or truth value")


def kind_of(value: Value | None) -> str:
    """`text`, `number`, `truth value`, or "" for what is missing or unreadable."""
    return KINDS.get(type(value), "")
