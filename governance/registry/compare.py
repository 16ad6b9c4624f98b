"""Two constitutions beside each other: the sentence, the changes, and the lines of each document they touch. Pure."""

from __future__ import annotations

from dataclasses import dataclass

from governance.canonical import JSON
from governance.constitution.diff import Change, Effect, changes, effect_of
from governance.constitution.sentence import describe, sentence
from governance.constitution.values import MISSING, Path, same
from governance.constitution.wording import is_secret, shown


@dataclass(frozen=True, slots=True)
class Said:
    """One change for the eye; `old` and `new` are empty where there was or is nothing."""

    pointer: str
    sentence: str
    effect: str
    old: str
    new: str


@dataclass(frozen=True, slots=True)
class Comparison:
    """`old_marks` and `new_marks` give each document's changed pointers their class (`del`, `add`)."""

    sentence: str
    effect: Effect
    changes: tuple[Said, ...]
    old_marks: dict[str, str]
    new_marks: dict[str, str]


def compare(old: JSON, new: JSON) -> Comparison:
    """What changed from `old` to `new`."""
    found = changes(old, new)
    return Comparison(
        sentence=sentence(found),
        effect=effect_of(found),
        changes=tuple(_said(change) for change in found),
        old_marks={change.pointer: "del" for change in found if _stands(old, change.path, change.old)},
        new_marks={change.pointer: "add" for change in found if change.new is not MISSING},
    )


def _said(change: Change) -> Said:
    hidden = any(is_secret(name) for name in change.names)
    old, new = (
        "" if value is MISSING else "not shown" if hidden else _text(value) for value in (change.old, change.new)
    )
    return Said(change.pointer, describe(change), str(change.effect), old, new)


def _text(value: JSON) -> str:
    return value if isinstance(value, str) else shown(value)


def _stands(document: JSON, path: Path, value: JSON) -> bool:
    """Whether the value is at this path here: pointers lead into the new document, where list items may have moved."""
    if value is MISSING:
        return False
    for token in path:
        if isinstance(document, dict) and token in document:
            document = document[str(token)]
        elif isinstance(document, list) and isinstance(token, int) and token < len(document):
            document = document[token]
        else:
            return False
    return same(document, value)
