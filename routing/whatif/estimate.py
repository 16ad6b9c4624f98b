"""What moved requests would probably have come to, from what similar requests came to at their new system. Pure.

A moved request is compared with the newest executions of its new system; its estimate is their mean. Moved requests share those
executions, so an interval counts what is different: each execution weighs as often as it was used, and the number of
observations is (Σw)² / Σw² (Kish). Fewer than `LEAST` observations are no estimate: the answer is that nothing is known.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from routing.embeddings.embedder import Vectors
from routing.router.likeness import cosine_of
from routing.whatif.cases import Past

NEIGHBOURS: Final = 20
LEAST: Final = 5
ALIKE: Final = 0.7
"""The confidence from which on a past request counts as similar: the default threshold."""
_Z: Final = 1.959964
_CHUNK: Final = 500
Numbers = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Mean:
    """An estimate with the interval in which it lies with 95 %; `n` observations stand behind it."""

    value: float
    low: float
    high: float
    n: int

    def as_json(self, *, places: int) -> dict[str, Any]:
        values = {"value": self.value, "low": self.low, "high": self.high}
        return {**{name: round(value, places) for name, value in values.items()}, "n": self.n}


@dataclass(frozen=True, slots=True)
class History:
    """Executions of one system, with their vectors."""

    vectors: Vectors
    pasts: tuple[Past, ...]


@dataclass(frozen=True, slots=True)
class Weighed:
    """Past executions with how much each counts."""

    pasts: tuple[Past, ...]
    weights: Numbers

    @property
    def success(self) -> Mean | None:
        hits = [float(one.is_success) for one in self.pasts]
        return wilson(np.array(hits), self.weights)

    @property
    def cost(self) -> Mean | None:
        return _mean([None if one.cost is None else float(one.cost) for one in self.pasts], self.weights, low=0.0)

    @property
    def stars(self) -> Mean | None:
        """As a share of the way from one star to five: five equal ratings are no proof that the sixth is equal."""
        rated = [place for place, one in enumerate(self.pasts) if one.stars is not None]
        shares = np.array([((self.pasts[place].stars or 1) - 1) / 4 for place in rated])
        found = wilson(shares, self.weights[rated])
        return found and Mean(1 + 4 * found.value, 1 + 4 * found.low, 1 + 4 * found.high, found.n)

    def as_json(self) -> dict[str, Any]:
        figures = (("success", self.success, 4), ("cost_usd", self.cost, 6), ("stars", self.stars, 2))
        return {name: found.as_json(places=places) if found else None for name, found, places in figures}


def together(parts: Sequence[Weighed]) -> Weighed:
    """Several systems' estimates as one."""
    pasts = tuple(past for part in parts for past in part.pasts)
    return Weighed(pasts, np.concatenate([part.weights for part in parts]) if parts else np.zeros(0))


def weighed(vectors: Vectors, history: History, *, model: str) -> tuple[Weighed, NDArray[np.bool_]]:
    """What of the history is similar to these requests, and which of them have anything similar."""
    weights = np.zeros(len(history.pasts))
    has = np.zeros(len(vectors), dtype=bool)
    least = cosine_of(ALIKE, model=model)
    for start in range(0, len(vectors) if len(history.pasts) else 0, _CHUNK):
        cosines = vectors[start : start + _CHUNK] @ history.vectors.T
        most = min(NEIGHBOURS, cosines.shape[1])
        places = np.argpartition(-cosines, most - 1, axis=1)[:, :most]
        for row, near in enumerate(places):
            alike = near[cosines[row, near] >= least]
            if len(alike):
                weights[alike] += 1 / len(alike)
                has[start + row] = True
    used = np.flatnonzero(weights)
    return Weighed(tuple(history.pasts[place] for place in used), weights[used]), has


def wilson(hits: Numbers, weights: Numbers) -> Mean | None:
    """A share with its Wilson interval."""
    n = _observations(weights)
    if n < LEAST:
        return None
    share = float(hits @ weights / weights.sum())
    wide = 1 + _Z**2 / n
    middle = (share + _Z**2 / (2 * n)) / wide
    half = _Z / wide * math.sqrt(share * (1 - share) / n + _Z**2 / (4 * n * n))
    return Mean(share, max(0.0, middle - half), min(1.0, middle + half), int(n))


def _mean(values: Sequence[float | None], weights: Numbers, *, low: float) -> Mean | None:
    known = [(value, weight) for value, weight in zip(values, weights, strict=True) if value is not None]
    kept = np.array([weight for _, weight in known])
    n = _observations(kept)
    if n < LEAST:
        return None
    numbers = np.array([value for value, _ in known], dtype=float)
    mean = float(numbers @ kept / kept.sum())
    spread = float(((numbers - mean) ** 2) @ kept / kept.sum()) * n / (n - 1)
    half = _Z * math.sqrt(spread / n)
    return Mean(mean, max(low, mean - half), mean + half, int(n))


def _observations(weights: Numbers) -> float:
    squares = float((weights**2).sum())
    return float(weights.sum()) ** 2 / squares if squares else 0.0
