"""Two constitutions beside each other, ready for the eye: lines, marked documents, operations. Pure."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from governance.canonical import JSON
from governance.constitution.diff import Change, Effect, changes, effect_of, operations
from governance.constitution.sentence import describe, sentence
from governance.constitution.values import MISSING
from governance.constitution.wording import is_secret, visible

LINES = 200
"""Changes shown one by one; the rest is counted."""
WIDEST = 600
"""Longest value shown in a change, in characters; the documents beside each other show all of it."""
LARGE = 120_000
"""Size of a document's JSON, in characters, from which only its changed fields are shown side by side."""


@dataclass(frozen=True, slots=True)
class Line:
    """One change as a page shows it; `old` or `new` is None where there is nothing, or nothing that may be shown."""

    pointer: str
    sentence: str
    kind: str
    effect: Effect
    old: str | None
    new: str | None
    is_secret: bool = False


@dataclass(frozen=True, slots=True)
class Side:
    """Both documents with their marks (`{pointer: "add" or "del"}`).

    `is_cut`: only fields that changed are in them; `is_too_large`: even those are too much to read, so nothing is.
    """

    old: JSON
    new: JSON
    old_marks: dict[str, str]
    new_marks: dict[str, str]
    is_cut: bool
    is_too_large: bool = False


@dataclass(frozen=True, slots=True)
class Comparison:
    """Everything about the step from `old` to `new`."""

    old: dict[str, Any]
    new: dict[str, Any]
    changes: tuple[Change, ...]
    lines: tuple[Line, ...]

    @property
    def sentence(self) -> str:
        return sentence(self.changes)

    @property
    def effect(self) -> Effect:
        return effect_of(self.changes)

    @property
    def more(self) -> int:
        """Changes that `lines` leaves out."""
        return len(self.changes) - len(self.lines)

    @property
    def patch(self) -> list[dict[str, JSON]]:
        """RFC 6902 operations from old to new."""
        return operations(self.old, self.new)

    def side(self) -> Side:
        """The documents for a reader; large ones are cut down to the top-level fields that changed."""
        old, new = self.old, self.new
        is_cut = max(_size(old), _size(new)) > LARGE
        if is_cut:
            touched = {str(change.path[0]) for change in self.changes if change.path}
            old, new = ({key: side[key] for key in sorted(touched & side.keys())} for side in (old, new))
            if max(_size(old), _size(new)) > LARGE:
                return Side(old={}, new={}, old_marks={}, new_marks={}, is_cut=True, is_too_large=True)
        marks = (_marks(new, old, "del"), _marks(old, new, "add"))
        return Side(old=old, new=new, old_marks=marks[0], new_marks=marks[1], is_cut=is_cut)


def compared(old: dict[str, Any], new: dict[str, Any]) -> Comparison:
    """The comparison of two constitutions."""
    found = changes(old, new)
    return Comparison(old=old, new=new, changes=found, lines=lines_of(found))


def lines_of(found: Iterable[Change], *, limit: int = LINES) -> tuple[Line, ...]:
    """The first `limit` changes as lines."""
    return tuple(_line(change) for change, _ in zip(found, range(limit), strict=False))


def overlapping(mine: Iterable[str], theirs: Iterable[str]) -> tuple[str, ...]:
    """The pointers of `mine` at, above or below one of `theirs`, in order and once."""
    others = list(theirs)
    return tuple(dict.fromkeys(one for one in mine if any(_meets(one, other) for other in others)))


def _meets(one: str, other: str) -> bool:
    return one == other or one.startswith(f"{other}/") or other.startswith(f"{one}/")


def _line(change: Change) -> Line:
    hidden = any(map(is_secret, change.names))
    return Line(
        pointer=change.pointer,
        sentence=describe(change),
        kind=change.kind,
        effect=change.effect,
        old=None if hidden else _text(change.old),
        new=None if hidden else _text(change.new),
        is_secret=hidden,
    )


def _text(value: JSON) -> str | None:
    return None if value is MISSING else visible(json.dumps(_masked(value), ensure_ascii=False), limit=WIDEST)


def _masked(value: JSON) -> JSON:
    """The value with everything hidden that stands under a secret-sounding key."""
    if isinstance(value, dict):
        return {key: "…" if is_secret(key) else _masked(item) for key, item in value.items()}
    return list(map(_masked, value)) if isinstance(value, list) else value


def _marks(old: JSON, new: JSON, word: str) -> dict[str, str]:
    """Where `new` holds something that `old` does not, by pointers into `new`."""
    return {change.pointer: word for change in changes(old, new) if change.new is not MISSING}


def _size(document: JSON) -> int:
    return len(json.dumps(document, ensure_ascii=False, separators=(",", ":")))
