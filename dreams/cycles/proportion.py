"""A share with its exact interval, in plain Python: scipy would cost a web worker a second. Pure."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

CONFIDENCE: Final = 0.95
_STEPS: Final = 60


@dataclass(frozen=True, slots=True)
class Share:
    """`count` of `total`, and the bounds of the true share; None where there is nothing to count."""

    count: int
    total: int
    low: float | None
    high: float | None

    @property
    def value(self) -> float | None:
        return self.count / self.total if self.total else None


def share_of(count: int, total: int) -> Share:
    """Clopper and Pearson (Biometrika 26, 1934), 95 %: at p = low so many or more have 2.5 %, at p = high so many or fewer.

    Raises ValueError unless 0 ≤ count ≤ total."""
    if not 0 <= count <= total:
        raise ValueError(f"{count} of {total} is no share.")
    if not total:
        return Share(count, total, None, None)
    tail = (1 - CONFIDENCE) / 2
    low = 0.0 if count == 0 else _where(lambda p: _at_most(total - count, total, 1 - p), tail)
    high = 1.0 if count == total else 1 - _where(lambda p: _at_most(count, total, 1 - p), tail)
    return Share(count, total, low, high)


def _where(rising: Callable[[float], float], level: float) -> float:
    """Where a function that rises on 0 to 1 reaches a level."""
    low, high = 0.0, 1.0
    for _ in range(_STEPS):
        middle = (low + high) / 2
        low, high = (low, middle) if rising(middle) > level else (middle, high)
    return (low + high) / 2


def _at_most(most: int, total: int, p: float) -> float:
    """P(X ≤ most) for X of `total` trials, by whichever tail is shorter."""
    if most >= total:
        return 1.0
    if 2 * most > total:
        return 1.0 - _at_most(total - most - 1, total, 1 - p)
    if p in (0.0, 1.0):
        return 1.0 - p
    hit, miss = math.log(p), math.log1p(-p)
    logs = (ways + k * hit + (total - k) * miss for k, ways in enumerate(_ways(most, total)))
    return min(1.0, math.fsum(map(math.exp, logs)))


@lru_cache(maxsize=8)
def _ways(most: int, total: int) -> tuple[float, ...]:
    """Logarithms of the binomial coefficients from 0 up to `most`."""
    return tuple(math.lgamma(total + 1) - math.lgamma(k + 1) - math.lgamma(total - k + 1) for k in range(most + 1))
