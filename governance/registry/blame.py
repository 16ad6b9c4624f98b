"""Which version last set each value of a constitution. Pure.

List items are the same item in two versions as `constitution.values.Identities` says, so that one new item at the front of a list
does not claim the others. Moving an item sets nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from governance.canonical import JSON
from governance.constitution.values import Identities, differs, escape

Origin = Any
"""The number of a version for a leaf; a dict or list of origins of the same shape as the document otherwise."""


@dataclass(frozen=True, slots=True)
class Blamed:
    """One leaf (a scalar, or an empty object or list) and the version that last set it."""

    pointer: str
    value: JSON
    version: int


def blame(versions: Iterable[tuple[int, JSON]]) -> tuple[Blamed, ...]:
    """Every leaf of the last document. `versions` are pairs of number and document, oldest first; none gives nothing."""
    document: JSON = None
    origin: Origin = None
    is_first = True
    for number, following in versions:
        origin = _fresh(following, number) if is_first else _merged(document, origin, following, number, Identities())
        document, is_first = following, False
    return () if is_first else tuple(_leaves(document, origin, ""))


def _merged(old: JSON, origin: Origin, new: JSON, number: int, identities: Identities) -> Origin:
    if not differs(old, new):
        return origin
    if isinstance(old, dict) and isinstance(new, dict) and new and old:
        return {
            key: _merged(old[key], origin[key], value, number, identities) if key in old else _fresh(value, number)
            for key, value in new.items()
        }
    if isinstance(old, list) and isinstance(new, list) and new and old:
        was = {key: (old[index], origin[index]) for index, key in enumerate(identities.of(old))}
        return [
            _merged(*was[key], value, number, identities) if key in was else _fresh(value, number)
            for key, value in zip(identities.of(new), new, strict=True)
        ]
    return _fresh(new, number)


def _fresh(value: JSON, number: int) -> Origin:
    if isinstance(value, dict) and value:
        return {key: _fresh(item, number) for key, item in value.items()}
    if isinstance(value, list) and value:
        return [_fresh(item, number) for item in value]
    return number


def _leaves(value: JSON, origin: Origin, pointer: str) -> Iterator[Blamed]:
    if isinstance(value, dict) and value:
        for key, item in value.items():
            yield from _leaves(item, origin[key], f"{pointer}/{escape(key)}")
    elif isinstance(value, list) and value:
        for index, item in enumerate(value):
            yield from _leaves(item, origin[index], f"{pointer}/{index}")
    else:
        yield Blamed(pointer, value, origin)
