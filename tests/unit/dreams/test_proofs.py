"""The promises of a night, counted on simulated ones: small and seeded here, full with `TARS_PROOF=full` (`make proof`)."""

from __future__ import annotations

import math
import os
from collections.abc import Callable

import numpy as np
import pytest
from numpy.random import Generator

from dreams.simulation import Count, aa_nights, aa_plan, guardrail_nights, planned, power_nights
from dreams.stats.betting import log_e_path
from dreams.stats.samples import Numbers

pytestmark = pytest.mark.proof
FULL = os.environ.get("TARS_PROOF") == "full"
ALPHA = 0.05
NEED = -math.log(ALPHA)


def test_aa_nights__everybody_peeks__false_promotions_within_alpha() -> None:
    found = aa_nights(nights=1000 if FULL else 15, seed=1, candidates=10)
    assert found.promoted.rate.value <= ALPHA, found
    assert found.finalists.rate.value <= ALPHA, "the seen part alone keeps alpha for each candidate, too"
    assert not FULL or found.promoted.rate.high <= ALPHA, found


def test_power_nights__the_planned_effect__is_found() -> None:
    found = power_nights(nights=600 if FULL else 15, seed=1)
    assert found.promoted.rate.value >= 0.8, found


def test_guardrail_nights__much_faster_and_exactly_the_margin_lost__hardly_ever_promoted() -> None:
    found = guardrail_nights(nights=1000 if FULL else 20, seed=3)
    assert found.promoted.rate.value <= ALPHA, found
    assert not FULL or found.promoted.rate.low <= ALPHA, found


def test_power_nights__a_smaller_effect_than_planned__is_rarely_worth_a_promotion() -> None:
    """At the minimum effect itself a promotion is an error; the plan counts it as one."""
    plan = planned(family=3)
    at_the_least = type(plan)(**{**_fields(plan), "planned_effect": 0.0201, "minimum_effect": 0.02})
    found = power_nights(nights=300 if FULL else 5, seed=5, candidates=3, plan=at_the_least)
    assert found.promoted.rate.value <= ALPHA, found


def _fields(plan: object) -> dict[str, object]:
    return {name: getattr(plan, name) for name in plan.__slots__}  # type: ignore[attr-defined]


def _relative(chance: Generator, n: int) -> Numbers:
    """Two runs of the same thing, skewed and now and then slow, as the share saved."""
    one, other = (chance.lognormal(6, 0.8, n) * np.where(chance.random(n) < 0.03, 20, 1) for _ in range(2))
    return np.asarray((one - other) / np.maximum(one, other))


def _rare(chance: Generator, n: int) -> Numbers:
    return chance.choice([-1.0, 0.0, 1.0], n, p=[0.02, 0.96, 0.02])


def _lopsided(chance: Generator, n: int) -> Numbers:
    """Mostly small gains and rarely a great loss, of mean 0: what a normal approximation is wrong about."""
    return np.where(chance.random(n) < 0.02, -0.98, 0.02)


@pytest.mark.parametrize("drawn", [_relative, _rare, _lopsided])
def test_betting__looked_at_after_every_pair__errs_within_alpha_and_a_t_test_does_not(
    drawn: Callable[[Generator, int], Numbers],
) -> None:
    chance = np.random.default_rng(11)
    ours = naive = 0
    streams = 4000 if FULL else 150
    for _ in range(streams):
        gains = drawn(chance, 400)
        ours += log_e_path(gains, null=0.0, low=-1.0).max() >= NEED
        naive += _t_test_ever(gains)
    rate = Count(int(ours), streams).rate
    assert (rate.value if FULL else rate.low) <= ALPHA, rate
    assert naive / streams > 2 * ALPHA, "peeking with a fixed test is what this is for"


def _t_test_ever(gains: Numbers) -> bool:
    n = np.arange(1, len(gains) + 1)
    mean = np.cumsum(gains) / n
    spread = np.sqrt(np.maximum(np.cumsum(gains**2) / n - mean**2, 1e-12) / n)
    return bool((mean[20:] / spread[20:] >= 1.645).any())


def test_held_out__the_best_of_fifty_by_its_luck__is_found_out() -> None:
    """An optimiser that takes whatever shone on the seen part: there alpha is long gone, on held-out requests it holds."""
    chance = np.random.default_rng(5)
    lucky = promoted = 0
    nights = 2000 if FULL else 100
    for _ in range(nights):
        best = max(log_e_path(_relative(chance, 100), null=0.0, low=-1.0).max() for _ in range(50))
        is_lucky = best >= NEED
        lucky += is_lucky
        promoted += is_lucky and log_e_path(_relative(chance, 200), null=0.0, low=-1.0).max() >= NEED
    assert lucky / nights > 2 * ALPHA, lucky
    assert promoted / nights <= ALPHA, promoted


def test_aa_nights__the_same_seed__the_same_nights() -> None:
    assert aa_nights(nights=2, seed=9, candidates=3) == aa_nights(nights=2, seed=9, candidates=3)
    assert aa_plan(3).family == 3
