"""When nights are: the hours in which least is asked. Pure; hours are UTC."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, time, timedelta
from typing import Final

USUAL: Final = 3
"""The hour of the source's example (`dream-2026-01-28-03:00`), for who has no traffic, and of equals the nearest to it."""


def quietest(counts: Sequence[int], *, hours: int) -> int:
    """The first of so many consecutive hours (around midnight too) with the fewest requests. `counts`: requests of each hour of
    the day, 24 of them. Raises ValueError for another number."""
    if len(counts) != 24 or not 1 <= hours <= 24:
        raise ValueError("A day has 24 hours.")

    def cost(first: int) -> tuple[int, int]:
        away = abs(first - USUAL)
        return sum(counts[(first + step) % 24] for step in range(hours)), min(away, 24 - away)

    return min(range(24), key=cost)


def window(*, hour: int, hours: int, at: datetime) -> tuple[datetime, datetime]:
    """The window that `at` lies in, else the next one: from, until."""
    first = datetime.combine(at.date(), time(hour), at.tzinfo)
    for starts in (first - timedelta(days=1), first, first + timedelta(days=1)):
        if at < starts + timedelta(hours=hours):
            return starts, starts + timedelta(hours=hours)
    raise AssertionError("a window ends within two days")


def cycle_id(starts_at: datetime) -> str:
    """`dream-2026-01-28-03:00` (seeds/000, Phase 1)."""
    return f"dream-{starts_at:%Y-%m-%d-%H:%M}"


def path_of(cycle_id: str) -> str:
    """Where the morning report of a night stands inside TARS."""
    return f"/dreams/nights/{cycle_id}/"
