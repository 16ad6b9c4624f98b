"""When people ask: office hours of the world's time zone, a dip at lunch, quiet nights and weekends. Pure; the same day is always
the same."""

from __future__ import annotations

import random
from collections.abc import Iterator, Mapping
from datetime import UTC, date, datetime, timedelta
from typing import Any, Final
from zoneinfo import ZoneInfo

HOURS: Final = (1, 0, 0, 0, 1, 2, 6, 22, 62, 100, 112, 92, 48, 78, 104, 96, 80, 52, 22, 11, 8, 6, 4, 2)
"""How busy each local hour of a working day is, from midnight on."""
QUIET: Final = (2, 1, 1, 1, 1, 2, 3, 5, 8, 12, 14, 12, 9, 9, 11, 10, 9, 7, 6, 6, 6, 5, 4, 3)
"""The same of a weekend."""


def moments(work: Mapping[str, Any], *, key: str, end: datetime, size: float) -> Iterator[datetime]:
    """Every moment of the last `days` before `end` at which somebody asks, in order. `size` 1 is the whole of it."""
    zone = ZoneInfo(work["time_zone"])
    last = end.astimezone(zone).date()
    for back in range(work["days"], -1, -1):
        for moment in sorted(_of_day(work, last - timedelta(days=back), zone, key=key, size=size)):
            if end - timedelta(days=work["days"]) <= moment < end:
                yield moment


def _of_day(work: Mapping[str, Any], day: date, zone: ZoneInfo, *, key: str, size: float) -> Iterator[datetime]:
    chance = random.Random(f"{key}/{day.isoformat()}")
    is_weekend = day.weekday() > 4
    usual = work["a_weekend_day"] if is_weekend else work["a_weekday"]
    # Mondays are busier than Fridays, and no two days are alike.
    lean = 1.0 if is_weekend else (1.12, 1.06, 1.03, 0.97, 0.82)[day.weekday()]
    count = size * usual * lean * chance.uniform(0.88, 1.12)
    whole = int(count) + (chance.random() < count - int(count))
    for hour in chance.choices(range(24), QUIET if is_weekend else HOURS, k=whole):
        second = chance.uniform(0, 3600)
        begun = datetime(day.year, day.month, day.day, hour, tzinfo=zone).astimezone(UTC)
        yield begun + timedelta(seconds=round(second, 3))
