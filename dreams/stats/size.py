"""How many observations a plan needs, and what power a number of them has. Pure."""

from __future__ import annotations

import math

import numpy as np

from dreams.stats.betting import FRACTIONS, SHARES, log_e_above
from dreams.stats.samples import share_of


def pairs_for_mean(*, effect: float, sd: float, alpha: float, power: float) -> int:
    """Pairs for one look: one-sided, of a mean difference `effect` with the differences' standard deviation `sd`.

    n = ((z_alpha + z_power) sd / effect)² (Julious, Statistics in Medicine 23, 2004). Raises ValueError unless effect and sd are
    above 0 and alpha and power between 0 and 1.
    """
    _positive(effect=effect, sd=sd)
    return math.ceil(((_z(1 - alpha) + _z(power)) * sd / effect) ** 2)


def each_for_shares(*, first: float, second: float, alpha: float, power: float) -> int:
    """Observations on each side for one look, one-sided, of two independent shares that differ (Fleiss, Tytun and Ury, 1980,
    without the continuity correction). Raises ValueError for equal shares or ones outside 0 to 1."""
    if first == second or not (0 <= first <= 1 and 0 <= second <= 1):
        raise ValueError(f"{first} and {second} are no two different shares.")
    middle = (first + second) / 2
    root = _z(1 - alpha) * math.sqrt(2 * middle * (1 - middle))
    root += _z(power) * math.sqrt(first * (1 - first) + second * (1 - second))
    return math.ceil((root / (first - second)) ** 2)


def pairs_for_betting(
    *, effect: float, sd: float, alpha: float, power: float, null: float = 0.0, low: float = -1.0
) -> int:
    """Pairs after which the always-valid test of `betting` has this power against "the mean is at most `null`".

    `effect` is the true mean, `sd` the observations' standard deviation, `low` their lower bound. A bet l gains on average
    g = l d - l² (sd² + d²)/2 with d = effect - null and spreads by s = l sd (Taylor's second order of log(1 + l y)); the best bet
    that its share of the capital allows must reach log(1/alpha) with probability `power`: n g - z s √n = log(1/(alpha share)).
    Raises ValueError where the effect is not above the null.
    """
    _positive(effect=effect - null, sd=sd)
    need = [
        _pairs(
            bet=float(fraction) / (null - low), share=float(share), gap=effect - null, sd=sd, alpha=alpha, z=_z(power)
        )
        for fraction, share in zip(FRACTIONS, SHARES, strict=True)
    ]
    return math.ceil(min(need))


def power_of_betting(n: int, *, effect: float, sd: float, alpha: float, null: float = 0.0, low: float = -1.0) -> float:
    """The power that `n` pairs have by the same approximation; an under-estimate, because it counts one bet alone."""
    from scipy.special import ndtr

    share_of(alpha, name="alpha")
    _positive(effect=effect - null, sd=sd)
    best = 0.0
    for fraction, share in zip(FRACTIONS, SHARES, strict=True):
        bet, gap = float(fraction) / (null - low), effect - null
        growth = bet * gap - bet * bet * (sd * sd + gap * gap) / 2
        z = (n * growth + math.log(alpha * float(share))) / (bet * sd * math.sqrt(n))
        best = max(best, float(ndtr(z)))
    return best


def _pairs(*, bet: float, share: float, gap: float, sd: float, alpha: float, z: float) -> float:
    growth, spread = bet * gap - bet * bet * (sd * sd + gap * gap) / 2, bet * sd
    if growth <= 0:
        return math.inf
    need = -math.log(share_of(alpha, name="alpha") * share)
    return ((z * spread + math.sqrt(max(0.0, z * z * spread * spread + 4 * growth * need))) / (2 * growth)) ** 2


def _positive(**values: float) -> None:
    for name, value in values.items():
        if not value > 0:
            raise ValueError(f"The {name} must be above 0, and is {value}.")


def _z(probability: float) -> float:
    from scipy.special import ndtri

    return float(ndtri(share_of(probability, name="alpha and power")))


def pairs_without_loss(margin: float, *, alpha: float, low: float = -1.0) -> int:
    """The fewest pairs after which a loss of `margin` is refuted at `alpha` if nothing is ever lost: with fewer a guardrail can
    never be shown to hold. `low` is the least gain of a pair."""
    need = -math.log(alpha)
    n = 1
    while log_e_above(np.zeros(n), null=-margin, low=low) < need:
        n += 1
    return n
