"""The rollback rate of a number of amendments, with its exact confidence band. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

TARGET: Final = 0.05
"""seeds/000, Rollback Rate: below 5 %."""
CONFIDENCE: Final = 0.95


@dataclass(frozen=True, slots=True)
class Rate:
    """Of `total` applied amendments, `rollbacks` were rolled back; `low` and `high` bound the true rate."""

    total: int
    rollbacks: int
    low: float | None
    high: float | None

    @property
    def share(self) -> float | None:
        return self.rollbacks / self.total if self.total else None

    @property
    def is_above_target(self) -> bool:
        """Whether the rate as counted misses the target."""
        return self.share is not None and self.share >= TARGET

    @property
    def is_surely_above(self) -> bool:
        """Whether even the lower end of the band misses the target: no longer chance."""
        return self.low is not None and self.low >= TARGET

    @property
    def band(self) -> str:
        """ "0.6–8.0 %"; empty when nothing was applied."""
        return f"{self.low * 100:.1f}–{self.high * 100:.1f} %" if self.low is not None and self.high is not None else ""


def rate_of(rollbacks: int, total: int) -> Rate:
    """The rate with its Clopper–Pearson band (exact binomial, Biometrika 26, 1934): quantiles of two betas.

    Raises ValueError unless 0 ≤ rollbacks ≤ total.
    """
    return rates_of([(rollbacks, total)])[0]


def rates_of(pairs: Sequence[tuple[int, int]]) -> list[Rate]:
    """The same of many, each (rollbacks, total): the quantiles of all are asked at once."""
    for rollbacks, total in pairs:
        if not 0 <= rollbacks <= total:
            raise ValueError(f"{rollbacks} of {total} is no share.")
    known = sorted({pair for pair in pairs if pair[1]})
    bands = dict(zip(known, _bands(known), strict=True)) if known else {}
    return [Rate(total, rollbacks, *bands.get((rollbacks, total), (None, None))) for rollbacks, total in pairs]


def _bands(pairs: Sequence[tuple[int, int]]) -> list[tuple[float, float]]:
    # Imported here: scipy takes a while to load, and most processes never draw a band.
    import numpy as np
    from scipy.special import betaincinv

    tail = (1 - CONFIDENCE) / 2
    undone, total = np.array(pairs, dtype=float).T
    kept = total - undone
    low = np.where(undone > 0, betaincinv(np.maximum(undone, 1), kept + 1, tail), 0.0)
    high = np.where(kept > 0, betaincinv(undone + 1, np.maximum(kept, 1), 1 - tail), 1.0)
    return list(zip(low.tolist(), high.tolist(), strict=True))
