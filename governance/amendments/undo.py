"""What undoing an amendment would do today (DESIGN.md contract 3: undo is forward). Pure over documents."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from governance.constitution.diff import Change, Effect, changes, effect_of, stored
from governance.constitution.merge import Conflict, undo
from governance.constitution.sentence import sentence


@dataclass(frozen=True, slots=True)
class Undo:
    """The constitution after the undo, what changes on the way there, and where later amendments overlap."""

    document: dict[str, Any]
    changes: tuple[Change, ...]
    diff: dict[str, Any]
    effect: Effect
    sentence: str
    conflicts: tuple[Conflict, ...]

    @property
    def is_empty(self) -> bool:
        return not self.changes


def plan(*, before: dict[str, Any], after: dict[str, Any], current: dict[str, Any]) -> Undo:
    """Apply the inverse of `before` → `after` to `current`; an overlap with later changes is a conflict, never overwritten."""
    merged = undo(before=before, after=after, current=current)
    found = changes(current, merged.document)
    return Undo(
        document=merged.document,
        changes=found,
        diff=stored(current, merged.document),
        effect=effect_of(found),
        sentence=sentence(found),
        conflicts=merged.conflicts,
    )
