"""Tests and intervals of shares with a fixed number of observations: two samples, and pairs. Pure."""

from __future__ import annotations

import math

from dreams.stats.samples import Alternative, Interval, Tested, share_of


def mcnemar(*, only_first: int, only_second: int, n: int, alternative: Alternative = "two-sided") -> Tested:
    """Pairs of yes and no: `only_first` are yes on the first side alone, `only_second` on the second alone, of `n` pairs.

    The exact form: given their number, the pairs that differ are tosses of a fair coin (McNemar, Psychometrika 12, 1947).
    `alternative` "greater": the first side is more often yes. Without a differing pair p = 1. Raises ValueError for impossible
    counts.
    """
    if min(only_first, only_second) < 0 or only_first + only_second > n or n < 1:
        raise ValueError(f"{only_first} and {only_second} of {n} pairs are no counts of differing pairs.")
    difference = (only_first - only_second) / n
    if only_first + only_second == 0:
        return Tested("mcnemar", 0.0, 1.0, difference, n)
    from scipy import stats

    p = stats.binomtest(only_first, only_first + only_second, 0.5, alternative=alternative).pvalue
    return Tested("mcnemar", float(only_first), float(p), difference, n)


def fisher(
    *, first_yes: int, first_n: int, second_yes: int, second_n: int, alternative: Alternative = "two-sided"
) -> Tested:
    """Two samples of yes and no, exact given the margins (Fisher, Statistical Methods for Research Workers, 1934, section 21.02).

    `statistic` is the sample's odds ratio (infinite where the second side has no yes or the first no no). Raises ValueError for
    impossible counts.
    """
    _counts(first_yes, first_n)
    _counts(second_yes, second_n)
    from scipy import stats

    table = [[first_yes, first_n - first_yes], [second_yes, second_n - second_yes]]
    found = stats.fisher_exact(table, alternative=alternative)
    odds = float(found.statistic)
    return Tested(
        "fisher",
        odds if not math.isnan(odds) else 1.0,
        float(found.pvalue),
        first_yes / first_n - second_yes / second_n,
        first_n + second_n,
    )


def wilson(yes: int, n: int, *, alpha: float) -> Interval:
    """The score interval of one share (Wilson, JASA 22, 1927). Raises ValueError for impossible counts."""
    _counts(yes, n)
    z = _z(alpha)
    share, square = yes / n, z * z
    middle = (share + square / (2 * n)) / (1 + square / n)
    half = z / (1 + square / n) * math.sqrt(share * (1 - share) / n + square / (4 * n * n))
    return Interval(share, 0.0 if yes == 0 else middle - half, 1.0 if yes == n else middle + half)


def exact(yes: int, n: int, *, alpha: float) -> Interval:
    """The exact interval of one share (Clopper and Pearson, Biometrika 26, 1934). Raises ValueError for impossible counts."""
    _counts(yes, n)
    from scipy.special import betaincinv

    tail = share_of(alpha, name="alpha") / 2
    low = float(betaincinv(yes, n - yes + 1, tail)) if yes else 0.0
    high = float(betaincinv(yes + 1, n - yes, 1 - tail)) if yes < n else 1.0
    return Interval(yes / n, low, high)


def newcombe(*, first_yes: int, first_n: int, second_yes: int, second_n: int, alpha: float) -> Interval:
    """The difference of two independent shares, first minus second (Newcombe, Statistics in Medicine 17, 1998, method 10)."""
    one, other = wilson(first_yes, first_n, alpha=alpha), wilson(second_yes, second_n, alpha=alpha)
    difference = one.value - other.value
    down = math.hypot(one.value - one.low, other.high - other.value)
    up = math.hypot(one.high - one.value, other.value - other.low)
    return Interval(difference, difference - down, difference + up)


def _counts(yes: int, n: int) -> None:
    if not 0 <= yes <= n or n < 1:
        raise ValueError(f"{yes} of {n} is no share.")


def _z(alpha: float) -> float:
    from scipy.special import ndtri

    return float(ndtri(1 - share_of(alpha, name="alpha") / 2))
