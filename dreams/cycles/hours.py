"""The twenty-four hours of a day with their requests and the window in which nights are, to be drawn. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

HEIGHT: Final = 40
WIDTH: Final = 10
"""Of one hour's bar, in the drawing's own units; a tenth of it stays free."""


@dataclass(frozen=True, slots=True)
class Bar:
    """One hour of the day in UTC. `x`, `y`, `high`: where its bar stands in a drawing of 240 by 40."""

    hour: int
    count: int
    is_night: bool
    x: int
    y: float
    high: float

    @property
    def name(self) -> str:
        return f"{self.hour:02}:00"


def bars(counts: Sequence[int], *, first: int, hours: int) -> tuple[Bar, ...]:
    """`counts`: requests of each hour; the window begins at `first` and may go around midnight."""
    most = max([*counts, 1])
    window = {(first + step) % 24 for step in range(hours)}
    return tuple(_bar(hour, count, hour in window, most=most) for hour, count in enumerate(counts))


def _bar(hour: int, count: int, is_night: bool, *, most: int) -> Bar:
    high = round(max(count / most * (HEIGHT - 2), 1), 2)
    return Bar(hour, count, is_night, x=hour * WIDTH, y=round(HEIGHT - high, 2), high=high)
