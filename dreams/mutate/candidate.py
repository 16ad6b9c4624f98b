"""One candidate of a night: what it changes, where it comes from and why. Pure."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from enum import StrEnum

from governance.amendments.authority import misfit
from governance.amendments.kinds import AmendmentType
from governance.canonical import JSON, digest
from governance.constitution import diff, patch, schema
from governance.constitution.sentence import sentence
from governance.constitution.values import same

Changes = Mapping[str, JSON]
"""Pointer → new value."""


class Origin(StrEnum):
    """Who thought of it."""

    PERSON = "person"
    RATING = "rating"
    TELEMETRY = "telemetry"
    MODEL = "model"
    """A language model wrote the words."""
    OPTIMISER = "optimiser"
    DUMMY = "dummy"
    """Nothing changes: what such a candidate wins, chance wins."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """`changes` leads from pointers to values; empty for the dummy alone. `sentence` says why it is tried, `seed` is its own,
    `written_by` the model that wrote its words ("" where none did)."""

    origin: Origin
    changes: Changes
    sentence: str
    seed: int
    written_by: str = ""

    @property
    def digest(self) -> str:
        """The same for the same changes, whoever thought of them."""
        return digest(dict(self.changes))

    @property
    def is_dummy(self) -> bool:
        return self.origin is Origin.DUMMY

    @property
    def is_worded(self) -> bool:
        """Whether it changes nothing but words: then people's stars may say what numbers do not."""
        return is_worded(self.changes)

    def applied(self, constitution: dict[str, JSON]) -> dict[str, JSON]:
        """The constitution under which the dream runs. Raises `PatchFailed` where a pointer leads nowhere."""
        return applied(self.changes, constitution)

    def said(self, constitution: dict[str, JSON]) -> str:
        """What changes, as the sentence an amendment would carry."""
        return sentence(diff.changes(constitution, self.applied(constitution)))


def is_worded(changes: Changes) -> bool:
    """Whether these changes are of words alone."""
    return bool(changes) and all(isinstance(value, str) for value in changes.values())


def applied(changes: Changes, constitution: dict[str, JSON]) -> dict[str, JSON]:
    """The constitution with every value replaced that is named."""
    operations = [{"op": "replace", "path": pointer, "value": value} for pointer, value in changes.items()]
    made: dict[str, JSON] = patch.apply(operations, constitution)
    return made


def refusal(changes: Changes, constitution: dict[str, JSON], *, barred: Collection[Changes] = ()) -> str | None:
    """Why these changes may not be dreamed, as a sentence; None where they may.

    It is the promotion's own gate (`amendments.authority`): tunable, inside the bounds, nothing protected, a valid
    constitution. And what was rolled back, or must never come again, does not come back inside a larger change either.
    """
    try:
        dreamed = applied(changes, constitution)
    except patch.PatchFailed:
        return "It leads to a place where nothing is stated today."
    found = diff.changes(constitution, dreamed)
    if why := misfit(type=AmendmentType.DREAM_PROMOTION, changes=found, old=constitution, new=dreamed):
        return why
    if problems := schema.problems(dreamed):
        return f"The constitution would not hold together at {problems[0][0] or '/'}: {problems[0][1]}"
    if any(contains(changes, one) for one in barred):
        return "It was rolled back, or somebody said never again."
    return None


def contains(changes: Changes, part: Changes) -> bool:
    """Whether every change of `part` is among `changes`."""
    return bool(part) and all(pointer in changes and same(changes[pointer], value) for pointer, value in part.items())
