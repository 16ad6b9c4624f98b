"""The facts of a question on top of those of a book."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from governance.policy.book import Book
from governance.policy.facts import Facts, Row
from governance.policy.values import Unreadable, Value

_NO_ROWS: frozenset[Row] = frozenset()


class Given:
    """The facts of the question on top of those of the book."""

    def __init__(self, facts: Facts, book: Book, action: str) -> None:
        self.facts = facts
        self.book = book
        self.layers = tuple(layer.facts for layer in book.layers if layer.facts.rows)
        self.values: dict[str, Value] = _Layered(facts.values, self.layers) if self.layers else facts.values
        self.opaque = facts.opaque
        facts.add(action, ())
        facts.rows[("action", False)] = {(action,)}
        facts.values["action"] = action

    def contradictions(self) -> list[str]:
        """Names of which the facts say a thing and its contrary, whoever gave them."""
        own = self.facts.rows
        names = [
            name
            for (name, is_negated), rows in own.items()
            if any(not rows.isdisjoint(other) for other in self.rows(name, not is_negated))
        ]
        return sorted({*names, *self.book.contradictions})

    def value(self, name: str) -> Value | None:
        return self.values.get(name)

    def rows(self, name: str, is_negated: bool) -> Sequence[Collection[Row]]:
        key = name, is_negated
        own = self.facts.rows.get(key, _NO_ROWS)
        return (own, *(layer.rows[key] for layer in self.layers if key in layer.rows)) if self.layers else (own,)

    def holds(self, name: str, row: Row, is_negated: bool) -> bool:
        key = name, is_negated
        if row in self.facts.rows.get(key, _NO_ROWS):
            return True
        return any(row in layer.rows.get(key, _NO_ROWS) for layer in self.layers)


class _Layered(dict[str, Value]):
    """Values of the question and, below them, of the book; two that differ are no single value."""

    def __init__(self, own: dict[str, Value], layers: Sequence[Facts]) -> None:
        super().__init__(own)
        self._layers = layers

    def get(self, name: str, default: object = None) -> Value | None:  # type: ignore[override]
        found = [values[name] for values in (self, *(layer.values for layer in self._layers)) if name in values]
        if not found:
            return None
        if all(type(each) is type(found[0]) and each == found[0] for each in found[1:]):
            return found[0]
        return Unreadable("several values")
