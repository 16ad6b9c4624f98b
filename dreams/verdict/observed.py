"""What was seen of one candidate: pairs of outcomes of the same request, and each metric's gain in each pair. Pure.

A gain is above 0 where the dream is better and lies in bounds that are known before anything is seen, so that the always-valid
test holds at every sample size. Durations and costs, which have no bound, become the share saved of the larger of the two: 500
ms against 200 ms is 0.6, the other way round -0.6, equal 0. Two runs of the same thing have the mean gain 0, whatever their
distribution.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from typing import Final

import numpy as np
from numpy.typing import NDArray

from dreams.stats.samples import Numbers

Number = int | float | Decimal
Mask = NDArray[np.bool_]


class Metric(StrEnum):
    """What is compared."""

    SUCCESS = "success"
    CONFIDENCE = "confidence"
    DURATION = "duration_ms"
    COST = "cost_usd"
    VERDICT = "verdict_changed"
    """Whether the rulebook's verdict differs between the two sides."""
    SIMILARITY = "answer_similarity"
    """How like the dream's answer is to the normal one, 0 to 1."""
    STARS = "stars"


class Direction(StrEnum):
    """Which way is better."""

    UP = "up"
    DOWN = "down"


class Part(StrEnum):
    """Where a request comes from. The optimiser never sees `HELD_OUT`."""

    REGRESSION = "regression"
    FRESH = "fresh"
    HELD_OUT = "held_out"


BETTER: Final[Mapping[Metric, Direction]] = {
    Metric.SUCCESS: Direction.UP,
    Metric.CONFIDENCE: Direction.UP,
    Metric.DURATION: Direction.DOWN,
    Metric.COST: Direction.DOWN,
    Metric.VERDICT: Direction.DOWN,
    Metric.SIMILARITY: Direction.UP,
    Metric.STARS: Direction.UP,
}
RELATIVE: Final = frozenset({Metric.DURATION, Metric.COST})
"""Their gain is a share of the larger value; their own unit is watched beside it."""
ONE_SIDED: Final = frozenset({Metric.VERDICT, Metric.SIMILARITY})
"""They compare the dream with the normal side itself: at best nothing differs, so they may guard and never be what is
improved."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What one side made of one request. None: not known. `is_violation`: it broke a rule (compliance, a refused side effect
    …)."""

    success: bool
    confidence: Number | None = None
    duration_ms: Number | None = None
    cost_usd: Number | None = None
    verdict: str = "permit"
    is_violation: bool = False
    stars: int | None = None


@dataclass(frozen=True, slots=True)
class Pair:
    """The same request under both constitutions. `key` names the request, `kind` its group (an action, a label)."""

    key: str
    part: Part
    normal: Outcome
    dream: Outcome
    similarity: Number | None = None
    kind: str = ""


@dataclass(frozen=True, slots=True, eq=False)
class Column:
    """One metric over all pairs; NaN where a side does not know it. For `ONE_SIDED` metrics `dream` holds the comparison
    itself."""

    normal: Numbers
    dream: Numbers


@dataclass(frozen=True, slots=True, eq=False)
class Observed:
    """One candidate's pairs as columns, in any order: no rule depends on it.

    `scheduled` requests were begun on both sides, of which `normal_runs` and `dream_runs` came to an outcome (a failure is one).
    `breaches` says in sentences where the protocol was left; `of` adds what the pairs themselves show.
    """

    keys: tuple[str, ...]
    is_held_out: Mask
    kinds: tuple[str, ...]
    columns: Mapping[Metric, Column]
    new_violations: tuple[str, ...]
    scheduled: int
    normal_runs: int
    dream_runs: int
    breaches: tuple[str, ...] = ()

    @property
    def is_seen(self) -> Mask:
        return ~self.is_held_out

    @property
    def n(self) -> int:
        return len(self.keys)

    @property
    def n_seen(self) -> int:
        return int(self.is_seen.sum())

    @property
    def n_held_out(self) -> int:
        return int(self.is_held_out.sum())

    @classmethod
    def of(
        cls,
        pairs: Iterable[Pair],
        *,
        scheduled: int | None = None,
        normal_runs: int | None = None,
        dream_runs: int | None = None,
        breaches: Iterable[str] = (),
    ) -> Observed:
        """Columns from pairs. The counts are those of the pairs where they are not given: nothing is missing then."""
        kept = tuple(pairs)
        return cls(
            keys=tuple(pair.key for pair in kept),
            is_held_out=np.array([pair.part is Part.HELD_OUT for pair in kept], dtype=bool),
            kinds=tuple(pair.kind for pair in kept),
            columns={metric: _column(kept, metric) for metric in Metric},
            new_violations=tuple(pair.key for pair in kept if pair.dream.is_violation and not pair.normal.is_violation),
            scheduled=len(kept) if scheduled is None else scheduled,
            normal_runs=len(kept) if normal_runs is None else normal_runs,
            dream_runs=len(kept) if dream_runs is None else dream_runs,
            breaches=(*breaches, *_breaches(kept)),
        )

    def gains(self, metric: Metric, *, direction: Direction | None = None, among: Mask | None = None) -> Numbers:
        """The metric's gains in the pairs that know it on both sides (of `among`, a mask of pairs)."""
        column = self.columns[metric]
        gains = gain(metric, column.normal, column.dream, direction=direction)
        return gains[~np.isnan(gains) if among is None else ~np.isnan(gains) & among]

    def known(self, metric: Metric) -> tuple[int, int]:
        """In how many pairs each side knows the metric."""
        column = self.columns[metric]
        return int((~np.isnan(column.normal)).sum()), int((~np.isnan(column.dream)).sum())

    def both(self, metric: Metric) -> tuple[Numbers, Numbers]:
        """The metric in its own unit on both sides, in the pairs that know both."""
        column = self.columns[metric]
        known = ~(np.isnan(column.normal) | np.isnan(column.dream))
        return column.normal[known], column.dream[known]


def gain(metric: Metric, normal: Numbers, dream: Numbers, *, direction: Direction | None = None) -> Numbers:
    """How much better the dream is in each pair, within `gain_bounds`. NaN stays NaN."""
    if metric is Metric.VERDICT:
        return -dream
    if metric is Metric.SIMILARITY:
        return dream - 1
    if metric in RELATIVE:
        larger = np.maximum(normal, dream)
        better = np.where(larger == 0, 0.0, (dream - normal) / np.where(larger == 0, 1.0, larger))
    else:
        better = (dream - normal) / (4 if metric is Metric.STARS else 1)
    return np.asarray(better if (direction or BETTER[metric]) is Direction.UP else -better, dtype=np.float64)


def gain_bounds(metric: Metric) -> tuple[float, float]:
    """The least and the largest gain that a pair can have."""
    return (-1.0, 0.0 if metric in ONE_SIDED else 1.0)


_RANGES: Final[Mapping[Metric, tuple[float, float]]] = {
    Metric.CONFIDENCE: (0.0, 1.0),
    Metric.DURATION: (0.0, math.inf),
    Metric.COST: (0.0, math.inf),
    Metric.SIMILARITY: (0.0, 1.0),
    Metric.STARS: (1.0, 5.0),
}


def _column(pairs: tuple[Pair, ...], metric: Metric) -> Column:
    if metric is Metric.VERDICT:
        changed = np.array([pair.normal.verdict != pair.dream.verdict for pair in pairs], dtype=np.float64)
        return Column(np.zeros(len(pairs)), changed)
    if metric is Metric.SIMILARITY:
        alike = _known((pair.similarity for pair in pairs), metric)
        return Column(np.where(np.isnan(alike), math.nan, 1.0), alike)
    sides = ((getattr(pair.normal, metric), getattr(pair.dream, metric)) for pair in pairs)
    normal, dream = zip(*sides, strict=True) if pairs else ((), ())
    return Column(_known(normal, metric), _known(dream, metric))


def _known(values: Iterable[Number | None], metric: Metric) -> Numbers:
    """What cannot be a value of the metric is no value; `_breaches` has named it."""
    row = np.array([math.nan if value is None else float(value) for value in values], dtype=np.float64)
    low, high = _RANGES.get(metric, (0.0, 1.0))
    row[~((row >= low) & (row <= high) & np.isfinite(row))] = math.nan
    return row


def _breaches(pairs: tuple[Pair, ...]) -> Iterable[str]:
    twice = sorted(key for key, count in Counter(pair.key for pair in pairs).items() if count > 1)
    if twice:
        yield f"The request {twice[0]} was counted more than once."
    for metric, (low, high) in _RANGES.items():
        for pair in pairs:
            values = (
                (pair.similarity,)
                if metric is Metric.SIMILARITY
                else (getattr(pair.normal, metric), getattr(pair.dream, metric))
            )
            if any(value is not None and not (low <= value <= high and math.isfinite(value)) for value in values):
                yield f"The request {pair.key} has a value for {metric} that cannot be."
                break
