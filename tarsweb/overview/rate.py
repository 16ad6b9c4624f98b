"""The rollback rate of a number of amendments, with its exact confidence band. Pure."""

from __future__ import annotations

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
    if not 0 <= rollbacks <= total:
        raise ValueError(f"{rollbacks} of {total} is no share.")
    if total == 0:
        return Rate(0, 0, None, None)
    # Imported here: scipy takes a while to load, and most processes never draw a band.
    from scipy.special import betaincinv

    tail = (1 - CONFIDENCE) / 2
    low = float(betaincinv(rollbacks, total - rollbacks + 1, tail)) if rollbacks else 0.0
    high = float(betaincinv(rollbacks + 1, total - rollbacks, 1 - tail)) if rollbacks < total else 1.0
    return Rate(total, rollbacks, low, high)
