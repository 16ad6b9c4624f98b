"""A small chart as the points of a polyline in a box of 100 by 24. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

WIDTH: Final = 100.0
HEIGHT: Final = 24.0
_EDGE: Final = 2.0


@dataclass(frozen=True, slots=True)
class Spark:
    """`points` for an SVG polyline, and the heights of the line that must not be crossed and of what was before."""

    points: str
    line: float
    before: float


def spark(values: Sequence[float], *, before: float, line: float) -> Spark:
    """The values from left to right, with both levels in sight. At least two values."""
    low, high = min(*values, before, line), max(*values, before, line)
    span = high - low or 1.0

    def height(value: float) -> float:
        return round(HEIGHT - _EDGE - (value - low) / span * (HEIGHT - 2 * _EDGE), 2)

    step = WIDTH / (len(values) - 1)
    points = " ".join(f"{round(place * step, 2)},{height(value)}" for place, value in enumerate(values))
    return Spark(points=points, line=height(line), before=height(before))
