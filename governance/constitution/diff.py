"""What changed between two constitutions: for the eye (`changes`), for replay (`operations`), on record (`stored`).

Pure. List items are matched by identity (an id or name key, else their value), so that one new item is one change.
Keys are visited in sorted order: the answer never depends on how a document was written down.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Literal

from governance.canonical import JSON
from governance.constitution import fields, law
from governance.constitution.effects import effect_at, event_of, is_number, overall
from governance.constitution.fields import Effect
from governance.constitution.operations import operations
from governance.constitution.order import is_reordered
from governance.constitution.values import MISSING, Identities, Path, differs, item_name, pointer_of, same
from governance.constitution.wording import listed, named, visible

__all__ = ["Change", "Effect", "changes", "effect_of", "operations", "stored"]

Kind = Literal["added", "removed", "changed", "reordered"]


@dataclass(frozen=True, slots=True)
class Change:
    """One difference. `old` or `new` is `MISSING` where there was or is nothing, which differs from null.

    `pointer` leads into the new document, for a removal into the old one. `change` is a delta for numbers, else a
    description. `names` is the path as a person says it: a list item by its id or name instead of its index. `said` is a clause
    for the sentence, where the kind of document has its own words for a change.
    """

    pointer: str
    old: JSON
    new: JSON
    change: JSON
    effect: Effect
    kind: Kind = "changed"
    path: Path = ()
    names: tuple[str, ...] = ()
    said: str = ""

    def as_json(self) -> dict[str, JSON]:
        """For a face or a file; without `old` or `new` where there is none."""
        sides = {"old": self.old, "new": self.new}
        return {
            "pointer": self.pointer,
            **{side: value for side, value in sides.items() if value is not MISSING},
            "change": self.change,
            "kind": self.kind,
            "effect": str(self.effect),
        }


def changes(old: JSON, new: JSON) -> tuple[Change, ...]:
    """Every difference, in the order of sorted keys; empty exactly when both have the same canonical bytes."""
    walk = _Walk()
    walk.value(old, new)
    found = _with_aliases(walk.found, old, new)
    return law.worded(found) if law.is_law(old) or law.is_law(new) else found


def effect_of(changes: Iterable[Change]) -> Effect:
    """The effect of all together: one expansion expands; else one unknown leaves it unclassified; else any tightens."""
    return overall(change.effect for change in changes)


def stored(old: dict[str, JSON], new: dict[str, JSON]) -> dict[str, JSON]:
    """The `diff` column as the sources keep it: `{field: {"old", "new", "change"}}` by top-level field (000, rule 4).

    The column has no word for absent: it is null with the change `added` or `removed`.
    """
    return {
        key: {
            "old": old.get(key),
            "new": new.get(key),
            "change": _summary(key, old, new),
        }
        for key in sorted(old.keys() | new.keys())
        if not same(old.get(key, MISSING), new.get(key, MISSING))
    }


class _Walk:
    """One pass over both documents; `path` and `names` are the way to where it stands."""

    def __init__(self) -> None:
        self.found: list[Change] = []
        self.identities = Identities()
        self.path: list[str | int] = []
        self.names: list[str] = []

    def value(self, old: JSON, new: JSON) -> None:
        if isinstance(old, dict) and isinstance(new, dict):
            self.members(old, new)
        elif isinstance(old, list) and isinstance(new, list):
            self.items(old, new)
        elif not same(old, new):
            self.leaf(old, new)

    def leaf(self, old: JSON, new: JSON) -> None:
        whole = old if new is MISSING else new if old is MISSING else None
        if isinstance(whole, dict) and whole and fields.has_named_children(tuple(self.path)):
            self.members({} if old is MISSING else old, {} if new is MISSING else new)
        else:
            self.record(old, new)

    def members(self, old: dict[str, JSON], new: dict[str, JSON]) -> None:
        for key in sorted(old.keys() | new.keys()):
            before, after = old.get(key, MISSING), new.get(key, MISSING)
            if differs(before, after):
                self.step(key, key, before, after)

    def items(self, old: list[JSON], new: list[JSON]) -> None:
        before, after = self.identities.of(old), self.identities.of(new)
        if before == after:
            for index, (one, other) in enumerate(zip(old, new, strict=True)):
                if isinstance(one, dict | list) and differs(one, other):
                    self.step(index, item_name(other) or f"item {index + 1}", one, other)
            return
        self.aligned(old, new, before, after)

    def aligned(
        self,
        old: list[JSON],
        new: list[JSON],
        before: list[Hashable],
        after: list[Hashable],
    ) -> None:
        was, stays = dict(zip(before, old, strict=True)), set(after)
        for index, key in enumerate(before):
            if key not in stays:
                self.step(index, item_name(old[index]) or f"item {index + 1}", old[index], MISSING)
        for index, key in enumerate(after):
            self.step(
                index,
                item_name(new[index]) or f"item {index + 1}",
                was.get(key, MISSING),
                new[index],
            )
        if is_reordered(before, after):
            self.record(old, new, is_reorder=True)

    def step(self, token: str | int, name: str, old: JSON, new: JSON) -> None:
        self.path.append(token)
        self.names.append(name)
        self.value(old, new)
        self.path.pop()
        self.names.pop()

    def record(self, old: JSON, new: JSON, *, is_reorder: bool = False) -> None:
        path = tuple(self.path)
        kind: Kind = (
            "reordered" if is_reorder else "added" if old is MISSING else "removed" if new is MISSING else "changed"
        )
        effect = effect_at(path, old, new, is_reorder=is_reorder)
        delta = kind if kind != "changed" else _delta(old, new)
        self.found.append(Change(pointer_of(path), old, new, delta, effect, kind, path, tuple(self.names)))


def _delta(old: JSON, new: JSON) -> JSON:
    """The exact difference of two numbers (0.65 - 0.7 is -0.05), else what happened in a word or two."""
    if is_number(old) and is_number(new):
        exact = Decimal(repr(new)) - Decimal(repr(old))
        return int(exact) if isinstance(old, int) and isinstance(new, int) else float(exact)
    if isinstance(old, bool) and isinstance(new, bool):
        return "turned on" if new else "turned off"
    before, after = _type(old), _type(new)
    return f"{before} changed" if before == after else f"{before} became {after}"


def _type(value: JSON) -> str:
    if is_number(value):
        return "number"
    words = {
        bool: "yes or no",
        str: "text",
        list: "list",
        dict: "object",
        type(None): "nothing",
    }
    return next(word for kind, word in words.items() if isinstance(value, kind))


def _with_aliases(found: list[Change], old: JSON, new: JSON) -> tuple[Change, ...]:
    """Two names of one thing: moving the value from one name to the other is no change of the rule."""
    effects: dict[Path, Effect] = {}
    touched = {change.path for change in found}
    for pair in fields.aliases():
        if touched.isdisjoint(pair):
            continue
        before, after = (_agreed(document, pair) for document in (old, new))
        if before is not None and after is not None:
            effect = effect_at(pair[0], before[0], after[0])
            effects.update(dict.fromkeys(pair, effect))
    return tuple(replace(change, effect=effects.get(change.path, change.effect)) for change in found)


def _agreed(document: JSON, pair: tuple[Path, Path]) -> tuple[JSON] | None:
    """The one value under both names (MISSING if under neither); None when they contradict each other."""
    values = [value for value in (_at(document, path) for path in pair) if value is not MISSING]
    if len(values) == 2 and not same(*values):
        return None
    return (values[0] if values else MISSING,)


def _at(document: JSON, path: Path) -> JSON:
    for token in path:
        if not isinstance(document, dict) or token not in document:
            return MISSING
        document = document[token]
    return document


def _summary(key: str, old: dict[str, JSON], new: dict[str, JSON]) -> JSON:
    before, after = old.get(key, MISSING), new.get(key, MISSING)
    if event_of(before, after) in ("added", "removed") or not isinstance(before, dict | list):
        return event_of(before, after) if MISSING in (before, after) else _delta(before, after)
    if type(before) is not type(after):
        return _delta(before, after)
    return listed([_clause(change) for change in changes({key: before}, {key: after})], limit=10)


def _clause(change: Change) -> str:
    """One change below a top-level field, in a few words: `added delete`, `max_retries +1`."""
    inside = visible(".".join(change.names[1:]))
    if is_number(change.change):
        return f"{inside} {change.change:+}"
    if change.kind == "changed" or not change.names[1:]:
        return f"{inside} {change.change}".strip()
    if isinstance(change.path[-1], int):
        value = change.old if change.kind == "removed" else change.new
        known = item_name(value) or (value if isinstance(value, str) else str(change.path[-1]))
        where = visible(".".join(change.names[1:-1]))
        return f"{where} {change.kind} {named(known)}".strip()
    return f"{change.kind} {inside}"
