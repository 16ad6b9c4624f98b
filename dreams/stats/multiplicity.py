"""Which of several hypotheses are refuted together. Pure.

A family is what was planned: candidates that were never run count in `family`, or the night would be forgiven for stopping.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from enum import StrEnum

from dreams.stats.betting import p_of
from dreams.stats.samples import share_of


class Correction(StrEnum):
    """How the night answers for all its candidates together."""

    HOLM = "holm"
    BENJAMINI_YEKUTIELI = "benjamini_yekutieli"
    E_BH = "e_bh"


def holm(p_values: Mapping[str, float], *, alpha: float, family: int | None = None) -> frozenset[str]:
    """Refuted with P(even one falsely) ≤ `alpha`, whatever their dependence (Holm, Scandinavian Journal of Statistics 6,
    1979)."""
    m = _checked(p_values, alpha=alpha, family=family)
    refuted: set[str] = set()
    for place, name in enumerate(_smallest_first(p_values)):
        if p_values[name] > alpha / (m - place):
            break
        refuted.add(name)
    return frozenset(refuted)


def benjamini_yekutieli(p_values: Mapping[str, float], *, alpha: float, family: int | None = None) -> frozenset[str]:
    """Refuted with an expected share of false ones ≤ `alpha`, whatever their dependence (Annals of Statistics 29, 2001)."""
    m = _checked(p_values, alpha=alpha, family=family)
    harmonic = math.fsum(1 / k for k in range(1, m + 1))
    names = _smallest_first(p_values)
    passing = [k for k, name in enumerate(names, start=1) if p_values[name] <= alpha * k / (m * harmonic)]
    return frozenset(names[: max(passing, default=0)])


def e_bh(log_e_values: Mapping[str, float], *, alpha: float, family: int | None = None) -> frozenset[str]:
    """The same from e-values, without the harmonic sum (Wang and Ramdas, JRSS B 84, 2022). Takes their logarithms."""
    share_of(alpha, name="alpha")
    m = _family(len(log_e_values), family)
    names = sorted(log_e_values, key=lambda name: (-log_e_values[name], name))
    passing = [k for k, name in enumerate(names, start=1) if log_e_values[name] >= math.log(m / (alpha * k))]
    return frozenset(names[: max(passing, default=0)])


def refuted(
    log_e_values: Mapping[str, float], *, by: Correction, alpha: float, family: int | None = None
) -> frozenset[str]:
    """The names whose hypothesis falls, from the logarithms of their e-values."""
    if by is Correction.E_BH:
        return e_bh(log_e_values, alpha=alpha, family=family)
    p_values = {name: p_of(log_e) for name, log_e in log_e_values.items()}
    step = holm if by is Correction.HOLM else benjamini_yekutieli
    return step(p_values, alpha=alpha, family=family)


def _smallest_first(p_values: Mapping[str, float]) -> Sequence[str]:
    return sorted(p_values, key=lambda name: (p_values[name], name))


def _checked(p_values: Mapping[str, float], *, alpha: float, family: int | None) -> int:
    share_of(alpha, name="alpha")
    if any(not 0 <= p <= 1 for p in p_values.values()):
        raise ValueError("A p-value lies from 0 to 1.")
    return _family(len(p_values), family)


def _family(tested: int, family: int | None) -> int:
    if family is not None and family < tested:
        raise ValueError(f"{tested} hypotheses were tested, and the family is said to be {family}.")
    return tested if family is None else family
