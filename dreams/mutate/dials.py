"""What of a constitution a dream may move, and to which values. Pure.

Every dial has a finite list of values, so that "the same as today" and "tried before" mean something: numbers go in the declared
steps from `min`, without a step in twenty of them; choices are the declared ones.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from governance.canonical import JSON
from governance.constitution import fields, sense
from governance.constitution.effects import is_number
from governance.constitution.values import MISSING, pointer_of, same

STEPS: Final = 20
"""Into how many steps a range is cut that declares none."""
MOST: Final = 1_000
"""Values of one dial at most; a finer step is made coarser."""


@dataclass(frozen=True, slots=True)
class Dial:
    """A tunable place. `values` holds every allowed value, in ascending order where they are numbers, and always today's.

    `pointers` are the places that move together: two where a constitution states one thing under both its names.
    """

    pointer: str
    pointers: tuple[str, ...]
    today: JSON
    values: tuple[JSON, ...]
    is_ordered: bool

    @property
    def others(self) -> tuple[JSON, ...]:
        """Every value but today's."""
        return tuple(value for value in self.values if not same(value, self.today))

    def index_of(self, value: JSON) -> int | None:
        """The place of a value among `values`; None where it is not one of them."""
        return next((place for place, own in enumerate(self.values) if same(own, value)), None)

    def toward(self, target: float) -> JSON:
        """The allowed value nearest to `target` on its side of today's, or MISSING where there is none (or these are no
        numbers)."""
        if not self.is_ordered:
            return MISSING
        beyond = [value for value in self.others if (value > self.today) is (target > self.today)]
        return min(beyond, key=lambda value: abs(value - target), default=MISSING)

    def changes(self, value: JSON) -> dict[str, JSON]:
        """The change that moves this dial, pointer by pointer."""
        return dict.fromkeys(self.pointers, value)


@dataclass(frozen=True, slots=True)
class Stuck:
    """A tunable place that no dream can move, and why."""

    pointer: str
    sentence: str


def dials_of(constitution: dict[str, JSON]) -> tuple[tuple[Dial, ...], tuple[Stuck, ...]]:
    """What may move, by pointer, and what may not although it is declared tunable. A text that only a model writes anew is
    neither (`writing.places_of`)."""
    dials: list[Dial] = []
    stuck: list[Stuck] = []
    for pointer, bounds in sorted(sense.tunable(constitution).items()):
        if any(pointer in dial.pointers for dial in dials):
            continue
        found = _dial(constitution, pointer, bounds)
        if isinstance(found, Dial):
            dials.append(found)
        elif found is not None:
            stuck.append(found)
    return tuple(dials), tuple(stuck)


def standing(constitution: dict[str, JSON], pointer: str) -> tuple[JSON, tuple[str, ...]] | Stuck:
    """What a tunable place states today and the other names that move with it, or why it cannot move."""
    today = sense.value_at(constitution, pointer)
    if today is MISSING:
        return Stuck(pointer, "Nothing is stated there today, and a dream only moves what is. State a value first.")
    if _is_guarded(constitution, pointer):
        return Stuck(pointer, "It is protected.")
    twins = [name for name in _other_names(pointer) if sense.value_at(constitution, name) is not MISSING]
    if any(name not in sense.tunable(constitution) for name in twins):
        return Stuck(
            pointer, f"The same is stated at {twins[0]}, which is not tunable. State it once, or make both tunable."
        )
    return today, tuple(twins)


def _dial(constitution: dict[str, JSON], pointer: str, bounds: dict[str, JSON]) -> Dial | Stuck | None:
    found = standing(constitution, pointer)
    if isinstance(found, Stuck):
        return found
    today, twins = found
    values = [value for value in _values(bounds, today) if all(_is_inside(constitution, name, value) for name in twins)]
    if not any(not same(value, today) for value in values):
        return None if sense.written_most(bounds) else Stuck(pointer, "Its bounds leave nothing but today's value.")
    is_ordered = all(map(is_number, [*values, today]))
    if not any(same(value, today) for value in values):
        values.append(today)
    return Dial(pointer, (pointer, *twins), today, tuple(sorted(values) if is_ordered else values), is_ordered)


def _values(bounds: dict[str, JSON], today: JSON) -> list[JSON]:
    found: list[JSON] = []
    for value in [*bounds.get("values", ()), *(_steps(bounds, today) if _is_range(bounds) else ())]:
        if not any(same(value, own) for own in found):
            found.append(value)
    return found


def _is_range(bounds: dict[str, JSON]) -> bool:
    return is_number(bounds.get("min")) and is_number(bounds.get("max"))


def _steps(bounds: dict[str, JSON], today: JSON) -> Iterator[JSON]:
    """From `min` to `max`; whole numbers where the bounds and today's value are whole. Decimal, so that 0.5 + 3 · 0.05 is
    0.65."""
    low, high = (Decimal(repr(bounds[name])) for name in ("min", "max"))
    step = Decimal(repr(bounds["step"])) if "step" in bounds else (high - low) / STEPS or Decimal(1)
    is_whole = all(isinstance(value, int) for value in (bounds["min"], bounds["max"], bounds.get("step", 1), today))
    if is_whole:
        step = Decimal(math.ceil(step))
    step *= max(1, math.ceil((high - low) / step / MOST))
    for count in range(int((high - low) / step) + 1):
        value = low + count * step
        yield int(value) if is_whole else float(value)


def _is_inside(constitution: dict[str, JSON], pointer: str, value: JSON) -> bool:
    return sense.fits(value, sense.tunable(constitution)[pointer])


def _is_guarded(constitution: dict[str, JSON], pointer: str) -> bool:
    names = (pointer, *_other_names(pointer))
    guarded = sense.protected(constitution)
    return any(sense.covers(guard, name) or sense.covers(name, guard) for guard in guarded for name in names)


def _other_names(pointer: str) -> Sequence[str]:
    pairs = [tuple(map(pointer_of, pair)) for pair in fields.aliases()]
    return [name for pair in pairs if pointer in pair for name in pair if name != pointer]
