"""The classical tests against published examples."""

from __future__ import annotations

import numpy as np
import pytest

from dreams.stats import bootstrap, means, proportions
from dreams.stats.ratio import sample_ratio_p

# Student's sleep data (Biometrika 6, 1908): hours gained under two drugs by the same ten patients.
DRUG_1 = [0.7, -1.6, -0.2, -1.2, -0.1, 3.4, 3.7, 0.8, 0.0, 2.0]
DRUG_2 = [1.9, 0.8, 1.1, 0.1, -0.1, 4.4, 5.5, 1.6, 4.6, 3.4]


def test_means__students_sleep__as_published() -> None:
    paired, apart = means.paired_t(DRUG_1, DRUG_2), means.welch(DRUG_1, DRUG_2)
    assert (paired.statistic, paired.p) == (pytest.approx(-4.0621, abs=1e-4), pytest.approx(0.002833, abs=1e-6))
    assert (apart.statistic, apart.p) == (pytest.approx(-1.8608, abs=1e-4), pytest.approx(0.07939, abs=1e-5))
    assert (paired.difference, apart.difference) == (pytest.approx(-1.58), pytest.approx(-1.58))
    assert (paired.n, apart.n) == (10, 20)


def test_sign_flips__few_pairs__counted_out() -> None:
    first, second = [3.0, 2.0, 5.0, 4.0], [1.0, 1.0, 1.0, 1.0]
    assert means.sign_flips(first, second, seed=1).p == 2 / 16
    assert means.sign_flips(first, second, seed=1, alternative="greater").p == 1 / 16
    many = means.sign_flips(DRUG_1 * 3, DRUG_2 * 3, seed=1, resamples=999)
    assert many == means.sign_flips(DRUG_1 * 3, DRUG_2 * 3, seed=1, resamples=999)
    assert 0 < many.p <= 0.01


def test_signed_rank__one_side_always_larger__smallest_possible_p() -> None:
    found = means.signed_rank([2.0, 4.0, 7.0, 11.0, 16.0], [1.0, 2.0, 4.0, 7.0, 11.0], alternative="greater")
    assert (found.p, found.difference) == (1 / 32, 3.0)
    assert means.signed_rank([1.0, 2.0], [1.0, 2.0]).p == 1.0


@pytest.mark.parametrize(("alternative", "p"), [("two-sided", 0.0), ("greater", 0.0), ("less", 1.0)])
def test_means__no_spread__certain(alternative: means.Alternative, p: float) -> None:
    for test in (means.welch, means.paired_t):
        found = test([2.0, 2.0, 2.0], [1.0, 1.0, 1.0], alternative=alternative)
        assert (found.p, found.difference) == (p, 1.0)
        assert test([1.0, 1.0], [1.0, 1.0]).p == 1.0


def test_fisher__the_lady_tasting_tea() -> None:
    found = proportions.fisher(first_yes=3, first_n=4, second_yes=1, second_n=4, alternative="greater")
    assert (found.p, found.statistic) == (pytest.approx(17 / 70), 9.0)
    assert proportions.fisher(first_yes=0, first_n=3, second_yes=0, second_n=3).p == 1.0


def test_mcnemar__exact() -> None:
    assert proportions.mcnemar(only_first=8, only_second=1, n=100).p == pytest.approx(20 / 512)
    assert proportions.mcnemar(only_first=8, only_second=1, n=100, alternative="greater").p == pytest.approx(10 / 512)
    assert proportions.mcnemar(only_first=8, only_second=1, n=100).difference == 0.07
    assert proportions.mcnemar(only_first=0, only_second=0, n=5).p == 1.0


def test_intervals__newcombes_examples() -> None:
    one = proportions.wilson(81, 263, alpha=0.05)
    assert (one.low, one.high) == (pytest.approx(0.2553, abs=1e-4), pytest.approx(0.3662, abs=1e-4))
    two = proportions.newcombe(first_yes=56, first_n=70, second_yes=48, second_n=80, alpha=0.05)
    assert (two.low, two.high) == (pytest.approx(0.0524, abs=1e-4), pytest.approx(0.3339, abs=1e-4))
    assert proportions.wilson(0, 10, alpha=0.05).low == 0.0
    assert proportions.wilson(10, 10, alpha=0.05).high == 1.0


def test_sample_ratio_p() -> None:
    assert sample_ratio_p(100, 100) == sample_ratio_p(0, 0) == 1.0
    assert sample_ratio_p(0, 10) == pytest.approx(2 / 1024)
    assert sample_ratio_p(200, 150) < 0.01
    assert sample_ratio_p(90, 10, expected=0.9) == pytest.approx(1.0)


def test_mean_interval__seeded_and_around_the_mean() -> None:
    skewed = np.random.default_rng(1).lognormal(0, 1, 80)
    found = bootstrap.mean_interval(skewed, alpha=0.05, seed=7)
    assert found == bootstrap.mean_interval(skewed, alpha=0.05, seed=7)
    assert found.low < found.value < found.high
    assert found.high - found.value > found.value - found.low, "longer on the side of the tail"
    assert bootstrap.mean_interval([2.0, 2.0], alpha=0.05, seed=7) == bootstrap.Interval(2.0, 2.0, 2.0)
    lonely = bootstrap.mean_interval([0.0] * 30 + [1.0], alpha=0.05, seed=7)
    assert 0 <= lonely.low <= lonely.value <= lonely.high


@pytest.mark.parametrize(
    "call",
    [
        lambda: means.welch([1.0], [1.0, 2.0]),
        lambda: means.paired_t([1.0, 2.0], [1.0, 2.0, 3.0]),
        lambda: means.signed_rank([], []),
        lambda: means.sign_flips([float("inf")], [1.0], seed=1),
        lambda: proportions.mcnemar(only_first=3, only_second=3, n=5),
        lambda: proportions.fisher(first_yes=5, first_n=4, second_yes=1, second_n=4),
        lambda: proportions.wilson(1, 0, alpha=0.05),
        lambda: proportions.wilson(1, 2, alpha=1.0),
        lambda: sample_ratio_p(-1, 2),
        lambda: bootstrap.mean_interval([], alpha=0.05, seed=1),
    ],
)
def test_classical__what_cannot_be__refused(call: object) -> None:
    with pytest.raises(ValueError):
        call()  # type: ignore[operator]
