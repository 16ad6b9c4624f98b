"""Intervals of a mean difference without an assumption about its shape: the bootstrap. Pure, seeded."""

from __future__ import annotations

from typing import Final

import numpy as np

from dreams.stats.samples import Interval, Sample, row_of, share_of

RESAMPLES: Final = 2_000


def mean_interval(values: Sample, *, alpha: float, seed: int, resamples: int = RESAMPLES) -> Interval:
    """The mean with its BCa interval: bias-corrected and accelerated (Efron, JASA 82, 1987), as scipy computes it.

    For differences of pairs, in their own unit. It describes: its coverage is approximate and for one look. Values that are all
    the same have no spread to resample: the interval is the value. Where the correction is not defined (one lonely value among
    equal ones), the percentiles stand. Raises ValueError without values.
    """
    share_of(alpha, name="alpha")
    row = row_of(values)
    mean = float(row.mean())
    if row.min() == row.max():
        return Interval(mean, mean, mean)
    import warnings

    from scipy import stats

    def bounds(method: str) -> tuple[float, float]:
        found = stats.bootstrap(
            (row,),
            np.mean,
            confidence_level=1 - alpha,
            n_resamples=resamples,
            method=method,
            vectorized=True,
            rng=np.random.default_rng(seed),
        ).confidence_interval
        return float(found.low), float(found.high)

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        low, high = bounds("BCa")
        if not (np.isfinite(low) and np.isfinite(high)):
            low, high = bounds("percentile")
    return Interval(mean, low, high)
