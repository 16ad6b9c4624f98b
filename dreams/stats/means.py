"""Tests of means with a fixed number of observations: two samples, and pairs. Pure.

They describe, and are for whoever looks once: who looks again and again needs `betting`. Primitives are scipy's.
"""

from __future__ import annotations

import numpy as np

from dreams.stats.samples import Alternative, Numbers, Sample, Tested, pairs_of, row_of


def welch(first: Sample, second: Sample, *, alternative: Alternative = "two-sided") -> Tested:
    """Two samples with variances of their own (Welch, Biometrika 34, 1947). Raises ValueError below two numbers each.

    Two samples without any spread have p = 1 where they agree and 0 where they do not (as far as the alternative goes).
    """
    one, other = row_of(first, least=2), row_of(second, least=2)
    difference = float(one.mean() - other.mean())
    n = len(one) + len(other)
    if one.var() == 0 and other.var() == 0:
        return _certain("welch", difference, n, alternative)
    from scipy import stats

    found = stats.ttest_ind(one, other, equal_var=False, alternative=alternative)
    return Tested("welch", float(found.statistic), float(found.pvalue), difference, n)


def paired_t(first: Sample, second: Sample, *, alternative: Alternative = "two-sided") -> Tested:
    """The mean of the differences of pairs (Student, Biometrika 6, 1908). Raises ValueError below two pairs."""
    one, other = pairs_of(first, second, least=2)
    differences = one - other
    if differences.var() == 0:
        return _certain("paired_t", float(differences.mean()), len(one), alternative)
    from scipy import stats

    found = stats.ttest_rel(one, other, alternative=alternative)
    return Tested("paired_t", float(found.statistic), float(found.pvalue), float(differences.mean()), len(one))


def signed_rank(first: Sample, second: Sample, *, alternative: Alternative = "two-sided") -> Tested:
    """Whether the differences of pairs lie around 0 (Wilcoxon, Biometrics Bulletin 1, 1945; zeros after Pratt, JASA 54, 1959).

    For skewed durations and costs. It assumes that the differences are symmetric under the hypothesis, as two runs of the same
    thing are. `difference` is the differences' median. All pairs equal: p = 1. Raises ValueError without pairs.
    """
    one, other = pairs_of(first, second, least=1)
    differences = one - other
    if not differences.any():
        return Tested("signed_rank", 0.0, 1.0, 0.0, len(one))
    from scipy import stats

    found = stats.wilcoxon(differences, zero_method="pratt", alternative=alternative)
    return Tested("signed_rank", float(found.statistic), float(found.pvalue), float(np.median(differences)), len(one))


def sign_flips(
    first: Sample,
    second: Sample,
    *,
    seed: int,
    resamples: int = 9_999,
    alternative: Alternative = "two-sided",
) -> Tested:
    """The mean difference of pairs against all exchanges of the two sides (Fisher, The Design of Experiments, 1935, section 21).

    Exact up to 13 pairs, else `resamples` seeded exchanges with p = (b + 1)/(m + 1) (Phipson and Smyth, 2010). Raises ValueError
    without pairs.
    """
    one, other = pairs_of(first, second, least=1)
    differences = one - other
    from scipy import stats

    found = stats.permutation_test(
        (differences,),
        _mean,
        permutation_type="samples",
        vectorized=True,
        n_resamples=resamples,
        alternative=alternative,
        rng=np.random.default_rng(seed),
    )
    return Tested("sign_flips", float(found.statistic), float(found.pvalue), float(differences.mean()), len(one))


def _mean(values: Numbers, axis: int = -1) -> Numbers:
    return np.asarray(np.mean(values, axis=axis))


def _certain(name: str, difference: float, n: int, alternative: Alternative) -> Tested:
    is_so = {"two-sided": difference != 0, "greater": difference > 0, "less": difference < 0}[alternative]
    return Tested(name, difference and float(np.copysign(np.inf, difference)), 0.0 if is_so else 1.0, difference, n)
