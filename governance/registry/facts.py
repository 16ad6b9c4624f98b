"""A constitution as labelled facts: every known field with its unit, the unknown ones by their own names. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from governance.canonical import JSON
from governance.constitution import fields, naming
from governance.constitution.fields import Field, field_at
from governance.constitution.values import Path, item_name, pointer_of
from governance.constitution.wording import humanised, is_secret, shown, unit_of

MOST: Final = 200
"""Facts that a page shows before it points to the JSON."""
_SHORT: Final = 16


@dataclass(frozen=True, slots=True)
class Fact:
    """One line: `items` are the members of a list, `text` is everything else. `pointer` leads into the document."""

    label: str
    pointer: str
    text: str = ""
    items: tuple[str, ...] = ()
    is_known: bool = True

    @property
    def has_short_items(self) -> bool:
        """Whether the items are words that fit beside each other on a phone."""
        return all(len(item) <= _SHORT for item in self.items)


def facts(constitution: dict[str, JSON]) -> tuple[Fact, ...]:
    """At most `MOST` facts, known fields first in the order of the table of fields, then the unknown by name."""
    found = list(_walk(constitution, ()))
    places = {known.pointer: place for place, known in enumerate(fields.all_fields())}
    return tuple(fact for _, fact in sorted(found, key=lambda pair: places.get(pair[0], len(places))))[:MOST]


def _walk(document: dict[str, JSON], path: Path) -> Iterator[tuple[str, Fact]]:
    """Pairs of the known field's pointer (empty for an unknown one) and the fact."""
    for key in sorted(document):
        here, value = (*path, key), document[key]
        known = field_at(here)
        if isinstance(value, dict) and value and fields.has_named_children(here):
            yield from _walk(value, here)
        elif known is None:
            yield "", _unknown(value, here)
        else:
            yield known.pointer, _known(known, value, here)


def _known(known: Field, value: JSON, path: Path) -> Fact:
    title, pointer = known.title, pointer_of(path)
    if isinstance(value, list):
        return Fact(title, pointer, items=tuple(_item(known, item) for item in value), text="" if value else "none")
    if isinstance(value, dict):
        names = [naming.item(known, item, name, is_removed=False) for name, item in sorted(value.items())]
        return Fact(title, pointer, items=tuple(names), text="" if names else "none")
    return Fact(title, pointer, text=_plain(value, known.unit))


def _unknown(value: JSON, path: Path) -> Fact:
    key = str(path[-1])
    label = " › ".join(humanised(str(name)) for name in path)
    label = label[:1].upper() + label[1:]
    if is_secret(key):
        return Fact(label, pointer_of(path), text="not shown", is_known=False)
    if isinstance(value, list) and value and all(isinstance(item, str | int | float) for item in value):
        return Fact(label, pointer_of(path), items=tuple(_plain(item, None) for item in value), is_known=False)
    return Fact(label, pointer_of(path), text=_plain(value, unit_of(key)), is_known=False)


def _item(known: Field, item: JSON) -> str:
    if isinstance(item, str):
        return naming.item(known, item, item, is_removed=False) if known.items == "pointers" else item
    return item_name(item) or shown(item)


def _plain(value: JSON, unit: str | None) -> str:
    """A value as a fact: text stands without quotation marks, a flag is yes or no."""
    return value if isinstance(value, str) else shown(value, unit)
