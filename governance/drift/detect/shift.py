"""Whether a stream of numbers still behaves as it did: every recent stretch against all that came before it. Pure.

A sequential change-point scan (the model of Hawkins, Qiu and Kang 2003, with a penalty for short stretches as in Dümbgen and
Spokoiny 2001). Numbers are put in units of the first `LEARN` of them. At each row, for stretches of 5 to 1,000 rows, their
mean (place) and the mean of the root of their size (spread) are compared with the means of what came before, in standard errors;
a stream whose neighbours are alike gets wider errors. The largest is the row's score. Memory is constant: the prefix sums of
the last 1,000 rows.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import Final

import numpy as np
from numpy.typing import NDArray

Numbers = NDArray[np.float64]

LEARN: Final = 50
"""Numbers that a freshly armed detector only learns from."""
LEAST_BEFORE: Final = 50
"""A stretch is compared with no fewer numbers before it."""
LEAST_AGAIN: Final = 200
"""So many where the detector was armed again after an alarm: what has just changed may not have settled."""
STRETCHES: Final = (5, 10, 20, 40, 100, 300, 1_000)
LONGEST: Final = STRETCHES[-1]
_USUAL: Final = 100
_SHORTER: Final = 4.0
_LONGER: Final = 2.0
"""Short stretches are many: squared errors count less by this, times the logarithm of how much shorter they are than usual, and
more where they are longer."""
_SPREAD_FROM: Final = 20
"""Spread is compared over no fewer rows than can show one."""
_SPREAD_VARIANCE: Final = 0.125
"""Of the root of a standard normal's size: E|x| - (E sqrt|x|)² = 0.7979 - 0.8222²; a little more for the estimate."""
_SPREAD_PENALTY: Final = 6.0
_FAR: Final = 5.0
"""Outliers beyond so many units count by their logarithm."""
_LEAST_VARIANCE: Final = 0.1
"""Rare events among equal numbers have a tiny variance, and two of them in a row would be an alarm."""


@dataclass(slots=True)
class Shift:
    """The detector. Feed it numbers; it answers a score for each. A new one is how it is armed again.

    `stretches` says for each number of the last feed which stretch was the strangest: how many rows ago it changed.
    """

    stretches: NDArray[np.int64] = field(default_factory=lambda: np.empty(0, dtype=np.int64))
    least_before: int = LEAST_BEFORE
    _learned: list[float] = field(default_factory=list)
    _middle: float = 0.0
    _unit: float = 1.0
    _sums: Numbers = field(default_factory=lambda: np.zeros((4, 1)))
    _last: float = 0.0
    _count: int = 0

    def feed(self, values: Numbers) -> Numbers:
        """A score for each value: 0 while it learns, else how many standard errors the strangest stretch is away."""
        scores, self.stretches = np.zeros(len(values)), np.zeros(len(values), dtype=np.int64)
        learning = min(len(values), LEARN - len(self._learned))
        if learning:
            self._learn(values[:learning])
        if learning < len(values):
            self._extend(self._places(values[learning:]))
            for stretch in STRETCHES:
                self._compare(scores[learning:], stretch)
            self._sums = self._sums[:, -LONGEST - 1 :].copy()
        return scores

    def _learn(self, values: Numbers) -> None:
        self._learned.extend(values.tolist())
        if len(self._learned) == LEARN:
            learned = np.asarray(self._learned)
            low, self._middle, high = (float(one) for one in np.quantile(learned, (0.25, 0.5, 0.75)))
            self._unit = (high - low) / 1.349 or float(np.ptp(learned)) or abs(self._middle) / 100.0 or 1.0
            self._extend(self._places(learned))

    def _places(self, values: Numbers) -> Numbers:
        """How far each value lies from the middle of the learned, in their units; far beyond them it grows only slowly."""
        away = (values - self._middle) / self._unit
        size = np.abs(away)
        return np.sign(away) * np.where(size > _FAR, _FAR * (1.0 + np.log(np.maximum(size, _FAR) / _FAR)), size)

    def _extend(self, places: Numbers) -> None:
        """Add to the prefix sums: place, its square, its product with the one before, spread."""
        before = np.concatenate(([self._last], places[:-1]))
        rows = np.stack((places, places * places, places * before, np.sqrt(np.minimum(np.abs(places), _FAR))))
        self._sums = np.concatenate((self._sums, self._sums[:, -1:] + np.cumsum(rows, axis=1)), axis=1)
        self._count, self._last = self._count + len(places), float(places[-1])

    def _compare(self, scores: Numbers, stretch: int) -> None:
        """Raise the scores to what this stretch says, at the rows where enough came before it."""
        held = self._sums.shape[1]
        rows = min(len(scores), held - stretch, self._count - stretch - self.least_before + 1)
        if rows <= 0:
            return
        moved = self._sums[:, held - rows :] - self._sums[:, held - rows - stretch : held - stretch]
        start = self._sums[:, held - rows - stretch : held - stretch]
        before = np.arange(self._count - stretch - rows + 1, self._count - stretch + 1, dtype=np.float64)
        mean = start[0] / before
        variance = np.maximum(start[1] / before - mean * mean, _LEAST_VARIANCE)
        alike = _alike((start[2] / before - mean * mean) / variance, before)
        error = (1.0 / stretch + 1.0 / before) * (1.0 + alike) / (1.0 - alike)
        found = (moved[0] / stretch - mean) ** 2 / (variance * error)
        if stretch >= _SPREAD_FROM:
            spread = (moved[3] / stretch - start[3] / before) ** 2 / (_SPREAD_VARIANCE * error)
            np.maximum(found, spread - _SPREAD_PENALTY, out=found)
        found = np.sqrt(np.maximum(found - _penalty(stretch), 0.0))
        is_larger = found > scores[-rows:]
        scores[-rows:][is_larger] = found[is_larger]
        self.stretches[-rows:][is_larger] = stretch


def _penalty(stretch: int) -> float:
    return (_SHORTER if stretch < _USUAL else _LONGER) * math.log(_USUAL / stretch)


def _alike(found: Numbers, before: Numbers) -> Numbers:
    """The first-order autocorrelation where it is significant, mended for its bias in few rows; else nothing."""
    mended = np.clip(found + (1.0 + 4.0 * found) / before, 0.0, 0.98)
    return np.where(found > 2.0 / np.sqrt(before), mended, 0.0)
