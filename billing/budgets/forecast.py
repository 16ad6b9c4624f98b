"""When a budget runs out, from how it was used so far. Pure.

The window's past is cut into equal slices; the mean slice goes on. The range is the mean give or take 1.64 standard errors
(nine of ten, if slices are alike and independent, which office hours are not: a day's forecast at noon is rough).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from math import sqrt
from statistics import fmean, stdev

SLICES = 12
SLOTS = 120
"""Equal parts of a window for which it is known what was used; a tenth of a window, the youngest that is told of, has 12."""
LEAST_PART = 0.1
"""Of a window must be over before anything is said about the rest."""
LEAST_USED_SLICES = 2
Z = 1.64


@dataclass(frozen=True, slots=True)
class Forecast:
    """`exhausted_at` None: not before the window ends. `earliest` and `latest` bound it; None: not in this window."""

    exhausted_at: datetime | None
    earliest: datetime | None
    latest: datetime | None


def slices(slots: Mapping[int, Decimal], *, part: float, count: int = SLICES) -> list[Decimal]:
    """What each of `count` equal slices of the past used, where `part` (0 to 1) of the window is over and `slots` holds the
    amounts of its 120ths. A slot that lies in two slices is shared by time; what was used in the running one lies before now."""
    edge = min(max(part, 0.0), 1.0) * SLOTS
    found = [Decimal(0)] * count
    if edge <= 0:
        return found
    width = edge / count
    for slot, amount in slots.items():
        start, end = (min(float(slot), edge), min(slot + 1.0, edge))
        if end - start < 1e-9:
            # booked later than `part`: clocks differ by a little
            found[-1] += amount
            continue
        for number in range(int(start / width), min(int(end / width), count - 1) + 1):
            within = max(min(end, (number + 1) * width) - max(start, number * width), 0.0)
            found[number] += amount * Decimal(within / (end - start))
    return found


def forecast(
    *,
    total: Decimal,
    committed: Decimal,
    spent: Sequence[Decimal],
    starts_at: datetime,
    ends_at: datetime,
    at: datetime,
) -> Forecast | None:
    """When `total` is reached. `spent` holds what each equal slice of the time from `starts_at` to `at` used; `committed` is what
    is used and held now. None: too little is known to say."""
    elapsed, length = at - starts_at, ends_at - starts_at
    is_young = elapsed < length * LEAST_PART or sum(1 for amount in spent if amount > 0) < LEAST_USED_SLICES
    if is_young or not starts_at < at < ends_at or len(spent) < LEAST_USED_SLICES:
        return None
    slice_seconds = elapsed.total_seconds() / len(spent)
    amounts = [float(amount) for amount in spent]
    rate, error = fmean(amounts) / slice_seconds, stdev(amounts) / sqrt(len(amounts)) / slice_seconds
    left = float(total - committed)

    def when(speed: float) -> datetime | None:
        seconds = left / speed if speed > 0 else float("inf")
        remaining = (ends_at - at).total_seconds()
        return at + timedelta(seconds=max(seconds, 0.0)) if seconds < remaining else None

    return Forecast(exhausted_at=when(rate), earliest=when(rate + Z * error), latest=when(rate - Z * error))
