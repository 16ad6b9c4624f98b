"""A metric's latest decisions against its baseline: concept drift by distribution and by mean. Pure.

A look is taken when another `WINDOW` decisions are complete, so that looks do not overlap and can be counted. The limits are
calibrated for a family of ten metrics and repeated looks by `tests/unit/governance/drift/test_calibration.py`.
"""

from __future__ import annotations

from functools import cache
from statistics import NormalDist
from typing import Final

import numpy as np
from numpy.typing import NDArray

from governance.drift.detect import kolmogorov
from governance.drift.detect.finding import Finding

Numbers = NDArray[np.float64]

WINDOW: Final = 100
LONG_WINDOW: Final = 300
LEAST_BASELINE: Final = 100
MOST_BASELINE: Final = 2_000
"""More numbers would sharpen the comparison by less than a fortieth."""
MEAN_LIMIT: Final = 3.5
"""Standard errors between two means at which ten metrics warn falsely in at most 5 of 100 runs of six looks."""
_LEAST_DEVIATION: Final = 0.5
"""Of rare events a few more are no drift."""
KS_LIMIT: Final = 0.01 / 400
"""The source's p < 0.01, shared out among ten metrics and forty looks."""


def looks(fresh: int) -> tuple[int, ...]:
    """The windows that end when `fresh` decisions have come since the detector was armed; none in between."""
    if fresh <= 0 or fresh % WINDOW:
        return ()
    return (WINDOW, LONG_WINDOW) if fresh % LONG_WINDOW == 0 else (WINDOW,)


def compared(baseline: Numbers, window: Numbers) -> tuple[Finding, ...]:
    """What mean and distribution say. `baseline` is sorted; nothing is said from fewer than `LEAST_BASELINE` or `WINDOW`."""
    n, m = len(window), len(baseline)
    if n < WINDOW or m < LEAST_BASELINE:
        return ()
    return _by_mean(baseline, window), _by_distribution(baseline, window)


def _by_mean(baseline: Numbers, window: Numbers) -> Finding:
    """Normal scores by the baseline's places: a mean that no outlier and no unit moves."""
    n, m = len(window), len(baseline)
    away = abs(float(_scores(baseline, window).mean())) / (_deviation(baseline) * (1.0 / n + 1.0 / m) ** 0.5)
    return Finding("mean", away / MEAN_LIMIT, away, MEAN_LIMIT, n, m)


def _scores(baseline: Numbers, values: Numbers) -> Numbers:
    places = np.searchsorted(baseline, values, side="left") + np.searchsorted(baseline, values, side="right")
    return _quantiles(len(baseline))[places]


def _deviation(baseline: Numbers) -> float:
    """Of the baseline's own scores: 1 unless many of its numbers are equal (a success is 1 or 0)."""
    if (baseline[1:] != baseline[:-1]).all():
        return 1.0
    return max(float(_scores(baseline, baseline).std()), _LEAST_DEVIATION)


def _by_distribution(baseline: Numbers, window: Numbers) -> Finding:
    n, m = len(window), len(baseline)
    p = kolmogorov.p_value(kolmogorov.distance(baseline, window), n=n, m=m)
    return Finding("ks", _errors(p) / _errors(KS_LIMIT), p, KS_LIMIT, n, m)


def _errors(p: float) -> float:
    """The standard errors with the two-sided probability `p`."""
    return -NormalDist().inv_cdf(max(p, 1e-300) / 2.0)


@cache
def _quantiles(m: int) -> Numbers:
    inverse = NormalDist().inv_cdf
    return np.array([inverse((place + 1) / (2 * m + 2)) for place in range(2 * m + 1)])
