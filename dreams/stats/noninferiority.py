"""Whether a guardrail holds: not worse by its margin, worse by more, or not known yet. Pure."""

from __future__ import annotations

import math
from dataclasses import dataclass
from enum import StrEnum

from dreams.stats.betting import log_e_above, log_e_below
from dreams.stats.samples import Sample, share_of


class Standing(StrEnum):
    """What is known of one guardrail."""

    NON_INFERIOR = "non_inferior"
    INFERIOR = "inferior"
    UNDECIDED = "undecided"


@dataclass(frozen=True, slots=True)
class Held:
    """One guardrail's standing with the evidence for both sides, as logarithms of e-values."""

    standing: Standing
    log_e_non_inferior: float
    log_e_inferior: float


def held(gains: Sample, *, margin: float, alpha: float, low: float, high: float) -> Held:
    """The standing of gains (above 0: better) whose mean may be at least -`margin`; always valid, each answer wrong with ≤
    `alpha`.

    Non-inferiority as in ICH E9 and the EMA's guideline on its margin (2005): the margin is chosen before, and what is refuted is
    "worse than the margin". A margin that reaches the lower bound can never be missed. Raises ValueError for a negative margin.
    """
    share_of(alpha, name="alpha")
    if margin < 0:
        raise ValueError(f"A margin says how much worse is bearable, and cannot be {margin}.")
    if -margin <= low:
        return Held(Standing.NON_INFERIOR, math.inf, 0.0)
    fine = log_e_above(gains, null=-margin, low=low)
    bad = log_e_below(gains, null=-margin, high=high)
    need = -math.log(alpha)
    standing = Standing.INFERIOR if bad >= need else Standing.NON_INFERIOR if fine >= need else Standing.UNDECIDED
    return Held(standing, fine, bad)
