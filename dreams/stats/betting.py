"""An always-valid test of the mean of bounded observations, and its confidence sequence, by betting. Pure.

Source: Waudby-Smith and Ramdas, "Estimating means of bounded random variables by betting", JRSS B 86 (2024), sections 4 and 5;
the mixture over fixed bets is Robbins' (1970) and Kelly's growth is Cover's (1991). Ville's inequality (1939) makes it safe to
look after every observation and to stop whenever one likes.

To test "the mean is at most m" of observations in [low, high], a gambler with capital 1 puts the fraction f of what is bearable
on "above m": after each x the capital is multiplied by 1 + f (x - m) / (m - low), which never falls below 1 - f. Under the
hypothesis no bet has a positive expectation, so the capital is a nonnegative supermartingale and P(it ever reaches 1/alpha) ≤
alpha, at every sample size, for every distribution in the bounds. The capital after n observations is an *e-value*, 1/e a
p-value, whenever one stops. Here it is shared between the fractions `FRACTIONS` with the shares `SHARES` before the first
observation.

Three things follow from the bets being fixed: the result does not depend on the order of the observations; it falls in m, so that
the values of m not refuted form an interval; and the interval always holds the sample's mean.

What it assumes: the observations' conditional means given the past lie on the side of m that the hypothesis says. Independent
draws of requests do, and so does a seeded random order of recorded ones.
"""

from __future__ import annotations

import math
from typing import Final

import numpy as np

from dreams.stats.samples import Interval, Numbers, Sample, row_of, share_of

FRACTIONS: Final = 0.95 * 2.0 ** -np.arange(8)
SHARES: Final = 2.0 ** -np.arange(8) / (2.0 ** -np.arange(8)).sum()
_LOG_SHARES: Final = np.log(SHARES)
_STEPS: Final = 34
"""Halvings of a bound's search: to 1e-10 of the range."""


def log_e_above(values: Sample, *, null: float, low: float) -> float:
    """The logarithm of the e-value against "the mean is at most `null`", for values that are never below `low`.

    0 for no values. Raises ValueError where a value lies below `low` or `null` is not above it.
    """
    row = _bounded(values, null=null, low=low)
    return _mixed(_bets(row, null=null, low=low).sum(axis=1)) if len(row) else 0.0


def log_e_below(values: Sample, *, null: float, high: float) -> float:
    """The same against "the mean is at least `null`", for values that are never above `high`."""
    return log_e_above(-np.asarray(values, dtype=np.float64), null=-null, low=-high)


def log_e_path(values: Sample, *, null: float, low: float) -> Numbers:
    """`log_e_above` after each observation: what somebody who looks every time would see."""
    row = _bounded(values, null=null, low=low)
    paths = np.cumsum(_bets(row, null=null, low=low), axis=1) + _LOG_SHARES[:, None]
    return np.asarray(np.logaddexp.reduce(paths, axis=0), dtype=np.float64)


def p_of(log_e: float) -> float:
    """The p-value that an e-value is worth: min(1, 1/e), valid at any time of stopping (Markov's inequality)."""
    return math.exp(-max(0.0, log_e))


def confidence_interval(
    values: Sample, *, alpha: float, low: float, high: float, is_one_sided: bool = False
) -> Interval:
    """The mean with its confidence sequence at this moment: with probability 1 - `alpha` the true mean lies in it *at every
    look*.

    Each side takes `alpha`/2, or the whole of it with `is_one_sided`, which makes each bound alone hold with 1 - `alpha`.
    Without values: the whole range around its middle. Raises ValueError for values outside [`low`, `high`].
    """
    share_of(alpha, name="alpha")
    row = _within(values, low=low, high=high)
    if not len(row):
        return Interval((low + high) / 2, low, high)
    need = -math.log(alpha if is_one_sided else alpha / 2)
    mean = float(row.mean())
    lower = _bound(row, mean=mean, low=low, need=need)
    upper = -_bound(-row, mean=-mean, low=-high, need=need)
    return Interval(mean, lower, upper)


def _bound(row: Numbers, *, mean: float, low: float, need: float) -> float:
    """The largest m that is refuted as an upper limit of the mean: the capital falls in m, so halving finds it."""
    refuted, kept = low, mean
    for _ in range(_STEPS):
        middle = (refuted + kept) / 2
        if middle <= low or middle >= kept:
            break
        if _mixed(_bets(row, null=middle, low=low).sum(axis=1)) >= need:
            refuted = middle
        else:
            kept = middle
    return refuted


def _bets(row: Numbers, *, null: float, low: float) -> Numbers:
    """The logarithm of each bet's factor: one row for each fraction, one column for each observation."""
    return np.log1p((FRACTIONS / (null - low))[:, None] * (row - null)[None, :])


def _mixed(logs: Numbers) -> float:
    return float(np.logaddexp.reduce(logs + _LOG_SHARES))


def _bounded(values: Sample, *, null: float, low: float) -> Numbers:
    row = row_of(values, least=0)
    if not null > low:
        raise ValueError(f"A mean of at most {null} cannot be tested where no value is below {low}.")
    if len(row) and row.min() < low:
        raise ValueError(f"The value {row.min()} lies below the bound {low}.")
    return row


def _within(values: Sample, *, low: float, high: float) -> Numbers:
    row = row_of(values, least=0)
    if not low < high:
        raise ValueError(f"The bounds {low} and {high} hold nothing between them.")
    if len(row) and not (low <= row.min() and row.max() <= high):
        raise ValueError(f"A value lies outside {low} to {high}.")
    return row
