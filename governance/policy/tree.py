"""Rules by what must be so before they can apply: a question finds the few that can, among any number.

A node keeps its rules by one fact each: an equality (`role == "auditor"`) or a certain literal (`role(auditor)`). A rule hangs
under the fact that tells the most rules apart. A missing fact, or one of another kind, finds every rule that asks for it:
such a rule is stuck, and a stuck rule denies.
"""

from __future__ import annotations

from collections.abc import Collection, Container, Iterator, Mapping, Sequence
from typing import Any, Protocol

from governance.policy.entries import Entry, Slot
from governance.policy.facts import Row
from governance.policy.values import KINDS, Value

FEW = 6
"""So few rules are looked at one by one."""


class Source(Protocol):
    """What a tree asks of the facts of a question."""

    @property
    def opaque(self) -> Mapping[str, str]:
        """Names whose literals cannot be read; their rules are stuck."""

    def value(self, name: str) -> Value | None:
        """The single value of a name; None if there is none."""

    def rows(self, name: str, is_negated: bool) -> Sequence[Collection[Row]]:
        """The certain rows of a literal, in any number of collections."""


class Tree:
    """Rules under one head. `derived`: names that rules conclude, whose literals are therefore not certain."""

    __slots__ = ("literals", "rules", "size", "values")

    def __init__(self, rules: Sequence[Entry], derived: Container[str]) -> None:
        self.rules: list[Entry] = []
        self.values: list[tuple[str, dict[str, dict[object, Tree]]]] = []
        self.literals: list[tuple[str, bool, dict[Row, Tree]]] = []
        self._grow(rules, derived, frozenset())

    @classmethod
    def _under(cls, rules: Sequence[Entry], derived: Container[str], used: frozenset[Slot]) -> Tree:
        tree = cls.__new__(cls)
        tree.rules, tree.values, tree.literals = [], [], []
        tree._grow(rules, derived, used)
        return tree

    def _grow(self, rules: Sequence[Entry], derived: Container[str], used: frozenset[Slot]) -> None:
        self.size = len(rules)
        if len(rules) <= FEW:
            self.rules = list(rules)
            return
        choices = [_choices(entry, derived, used) for entry in rules]
        counts = _distinct(choices)
        branches: dict[Slot, dict[object, list[Entry]]] = {}
        for entry, choice in zip(rules, choices, strict=True):
            if not choice:
                self.rules.append(entry)
                continue
            slot = max(choice, key=lambda each: (counts[each], each[0], str(each[1])))
            branches.setdefault(slot, {}).setdefault(choice[slot], []).append(entry)
        for slot, table in sorted(branches.items(), key=lambda pair: str(pair[0])):
            grown = {key: Tree._under(group, derived, used | {slot}) for key, group in table.items()}
            self._hang(slot, grown)

    def _hang(self, slot: Slot, grown: dict[Any, Tree]) -> None:
        what: Any = slot[1]
        if slot[0] == "=":
            kinds: dict[str, dict[object, Tree]] = {}
            for key, tree in grown.items():
                kinds.setdefault(KINDS[type(key)], {})[key] = tree
            self.values.append((str(what), kinds))
        else:
            self.literals.append((*what, grown))

    def find(self, source: Source, derived: Container[str], found: list[Entry]) -> None:
        """Add every rule that can apply or be stuck. `derived`: names that rules added later conclude."""
        found += self.rules
        for name, kinds in self.values:
            value = source.value(name)
            kind = KINDS.get(type(value), "")
            for each, table in kinds.items():
                if each == kind:
                    tree = table.get(value)
                    if tree is not None:
                        tree.find(source, derived, found)
                else:
                    for tree in table.values():
                        found.extend(tree.every())
        for name, is_negated, by_row in self.literals:
            if name in derived or name in source.opaque:
                for tree in by_row.values():
                    found.extend(tree.every())
                continue
            for rows in source.rows(name, is_negated):
                small, large = (rows, by_row) if len(rows) <= len(by_row) else (by_row, rows)
                for row in small:
                    if row in large:
                        by_row[row].find(source, derived, found)

    def every(self) -> Iterator[Entry]:
        """All rules of the tree."""
        yield from self.rules
        for _, kinds in self.values:
            for table in kinds.values():
                for tree in table.values():
                    yield from tree.every()
        for _, _, by_row in self.literals:
            for tree in by_row.values():
                yield from tree.every()


def _choices(entry: Entry, derived: Container[str], used: frozenset[Slot]) -> dict[Slot, object]:
    return {
        slot: key
        for slot, key in entry.slots
        if slot not in used and not (slot[0] == "literal" and slot[1][0] in derived)  # type: ignore[index]
    }


def _distinct(choices: Sequence[dict[Slot, object]]) -> dict[Slot, int]:
    seen: dict[Slot, set[object]] = {}
    for choice in choices:
        for slot, key in choice.items():
            seen.setdefault(slot, set()).add(key)
    return {slot: len(keys) for slot, keys in seen.items()}
