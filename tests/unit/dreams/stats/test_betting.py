"""The always-valid test: its promise counted out over every possible sample, and its interval."""

from __future__ import annotations

import itertools
import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dreams.stats.betting import FRACTIONS, SHARES, confidence_interval, log_e_above, log_e_below, log_e_path, p_of

GAINS = st.lists(st.sampled_from([-1.0, -0.5, -0.1, 0.0, 0.05, 0.3, 1.0]), min_size=1, max_size=40)


@pytest.mark.parametrize(
    ("values", "chances", "length"),
    [
        ((-1.0, 1.0), (0.5, 0.5), 14),
        ((-1.0, 0.0, 1.0), (0.05, 0.9, 0.05), 8),
        ((-1.0, 0.25), (0.2, 0.8), 14),  # skewed: rare and large losses
        ((-0.25, 1.0), (0.8, 0.2), 14),  # skewed: rare and large gains
    ],
)
def test_log_e_path__every_sample_of_a_mean_of_zero__expects_one_and_rarely_gets_far(
    values: tuple[float, ...], chances: tuple[float, ...], length: int
) -> None:
    expected, reached = 0.0, dict.fromkeys((0.5, 0.2, 0.05), 0.0)
    for places in itertools.product(range(len(values)), repeat=length):
        chance = math.prod(chances[place] for place in places)
        path = log_e_path([values[place] for place in places], null=0.0, low=-1.0)
        expected += chance * math.exp(path[-1])
        for alpha in reached:
            reached[alpha] += chance * (path.max() >= -math.log(alpha))
    assert expected == pytest.approx(1.0)
    assert all(chance <= alpha for alpha, chance in reached.items()), reached


def test_log_e_above__by_hand() -> None:
    factors = [(1 + FRACTIONS * (x - 0.1) / 1.1) for x in (0.5, -0.2, 1.0)]
    by_hand = float(np.log((SHARES * factors[0] * factors[1] * factors[2]).sum()))
    assert log_e_above([0.5, -0.2, 1.0], null=0.1, low=-1.0) == pytest.approx(by_hand)
    assert log_e_above([], null=0.1, low=-1.0) == 0.0
    assert SHARES.sum() == pytest.approx(1.0)


@given(values=GAINS, seed=st.integers(0, 99))
@settings(max_examples=40, deadline=None)
def test_log_e__any_order__the_same_and_mirrored(values: list[float], seed: int) -> None:
    shuffled = np.random.default_rng(seed).permutation(values)
    here = log_e_above(values, null=0.1, low=-1.0)
    assert log_e_above(shuffled, null=0.1, low=-1.0) == pytest.approx(here)
    assert log_e_path(values, null=0.1, low=-1.0)[-1] == pytest.approx(here)
    assert log_e_below([-value for value in values], null=-0.1, high=1.0) == pytest.approx(here)
    assert 0 < p_of(here) <= 1


@given(values=GAINS, alpha=st.sampled_from([0.01, 0.05, 0.2]))
@settings(max_examples=40, deadline=None)
def test_confidence_interval__is_what_the_test_does_not_refute(values: list[float], alpha: float) -> None:
    found = confidence_interval(values, alpha=alpha, low=-1.0, high=1.0)
    assert found.value == pytest.approx(float(np.mean(values)))
    assert -1 <= found.low <= found.value <= found.high <= 1
    need = -math.log(alpha / 2)
    if found.low > -1 + 1e-6:
        assert log_e_above(values, null=found.low - 1e-6, low=-1.0) >= need
    assert log_e_above(values, null=found.low + 1e-6, low=-1.0) < need + 1e-3
    one_sided = confidence_interval(values, alpha=alpha / 2, low=-1.0, high=1.0, is_one_sided=True)
    assert (one_sided.low, one_sided.high) == (found.low, found.high)


def test_confidence_interval__without_values__the_whole_range() -> None:
    found = confidence_interval([], alpha=0.05, low=-1.0, high=0.0)
    assert (found.low, found.high) == (-1.0, 0.0)


def test_p_of__capital_lost__no_overflow() -> None:
    assert p_of(-1e6) == 1.0
    assert p_of(math.log(20)) == pytest.approx(0.05)


@pytest.mark.parametrize(
    "call",
    [
        lambda: log_e_above([-2.0], null=0.0, low=-1.0),
        lambda: log_e_above([0.0], null=-1.0, low=-1.0),
        lambda: log_e_above([math.nan], null=0.0, low=-1.0),
        lambda: log_e_below([2.0], null=0.0, high=1.0),
        lambda: confidence_interval([2.0], alpha=0.05, low=-1.0, high=1.0),
        lambda: confidence_interval([0.0], alpha=0.0, low=-1.0, high=1.0),
        lambda: confidence_interval([0.0], alpha=0.05, low=1.0, high=1.0),
    ],
)
def test_betting__what_cannot_be__refused(call: object) -> None:
    with pytest.raises(ValueError):
        call()  # type: ignore[operator]
