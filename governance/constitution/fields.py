"""The known fields of a constitution, read from `fields.json`: label, unit, direction, sentences, who obeys them. Pure.

A new known field is one entry there and one property in `schema.json`; a test keeps the two together.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from dataclasses import field as default
from enum import StrEnum
from functools import cache
from importlib.resources import files
from typing import Final, Literal

from governance.canonical import JSON
from governance.constitution.values import Path, tokens_of

ANY: Final = "*"
"""In a field's pointer: any one token."""

Kind = Literal["number", "flag", "text", "set", "map"]


class Effect(StrEnum):
    """What a change does to the room in which an agent may act."""

    TIGHTENS = "tightens"
    EXPANDS = "expands"
    NEUTRAL = "neutral"
    UNCLASSIFIED = "unclassified"
    """Nothing is known about the field: needs the authority of an expansion."""


@dataclass(frozen=True, slots=True)
class Field:
    """One known field. `absent` is what its obeyer takes when the field is missing; None: nothing is limited."""

    pointer: str
    label: str
    kind: Kind
    direction: str
    obeyed_by: str
    source: str
    unit: str | None = None
    absent: JSON = None
    items: Literal["names", "quoted", "pointers", "budgets", "approvers"] = "names"
    sentences: Mapping[str, str] = default(default_factory=dict)

    @property
    def title(self) -> str:
        """The label as a heading."""
        return self.label[:1].upper() + self.label[1:]

    def effect(self, event: str) -> Effect:
        """What an event (`up`, `on`, `item_added`, …) on this field does."""
        return Effect(_table()["directions"][self.direction].get(event, "unclassified"))

    def template(self, event: str) -> str | None:
        return self.sentences.get(event) or default_template(self.kind, event)


def all_fields() -> tuple[Field, ...]:
    """Every known field, in the order of the table."""
    return _fields()


def field_at(path: Path | Sequence[str]) -> Field | None:
    """The known field at exactly this path; a literal token wins over the wildcard."""
    node = _tree()
    for token in path:
        step = node.children.get(token) if isinstance(token, str) else None
        step = step or node.children.get(ANY)
        if step is None:
            return None
        node = step
    return node.field


def has_named_children(path: Path) -> bool:
    """Whether the table knows fields right below this path by their own names."""
    node = _tree()
    for token in path:
        step = node.children.get(token) if isinstance(token, str) else None
        if step is None:
            return False
        node = step
    return any(token != ANY for token in node.children)


def aliases() -> tuple[tuple[Path, Path], ...]:
    """Pairs of paths that mean one thing; the first is the name to prefer."""
    return _aliases()


def default_template(kind: str, event: str) -> str | None:
    template: str | None = _table()["sentences"][kind].get(event)
    return template


@cache
def _table() -> dict[str, JSON]:
    table: dict[str, JSON] = json.loads(files(__package__).joinpath("fields.json").read_text(encoding="utf-8"))
    return table


@cache
def _fields() -> tuple[Field, ...]:
    return tuple(Field(**entry) for entry in _table()["fields"])


@cache
def _aliases() -> tuple[tuple[Path, Path], ...]:
    return tuple((tokens_of(name), tokens_of(alias)) for name, alias in _table()["aliases"])


@dataclass(slots=True)
class _Node:
    children: dict[str, _Node] = default(default_factory=dict)
    field: Field | None = None


@cache
def _tree() -> _Node:
    root = _Node()
    for known in _fields():
        node = root
        for token in tokens_of(known.pointer):
            node = node.children.setdefault(token, _Node())
        node.field = known
    return root
