"""Whether a standing authority covers a set of steps. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Step:
    """One pointer's move from `old` to `new`."""

    pointer: str
    old: Any
    new: Any


def covers(pointers: Mapping[str, float | None], steps: Iterable[Step]) -> bool:
    """Whether every step is at a granted pointer and no larger than its largest step.

    `None` grants listed text variants, which have no size; a number needs a bound, so a numeric step under `None` is refused.
    An empty list of steps is not covered.
    """
    steps = list(steps)
    return bool(steps) and all(step.pointer in pointers and _within(pointers[step.pointer], step) for step in steps)


def _within(largest: float | None, step: Step) -> bool:
    numeric = all(isinstance(value, int | float) and not isinstance(value, bool) for value in (step.old, step.new))
    if largest is None:
        return isinstance(step.old, str) and isinstance(step.new, str)
    # Steps are written by people in decimals; compare as such, so that 0.7 - 0.65 is 0.05.
    return numeric and round(abs(step.new - step.old), 9) <= largest
