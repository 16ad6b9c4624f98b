"""What every test here is given: finite numbers in one row. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

Numbers = NDArray[np.float64]
Sample = Sequence[float] | Numbers
Alternative = Literal["two-sided", "greater", "less"]


@dataclass(frozen=True, slots=True)
class Interval:
    """An estimate and the bounds that hold the true value with the confidence that was asked for."""

    value: float
    low: float
    high: float

    def as_json(self) -> dict[str, float]:
        """Unrounded: a reader rounds, a decision never does."""
        return {"value": self.value, "low": self.low, "high": self.high}


@dataclass(frozen=True, slots=True)
class Tested:
    """One classical test: `difference` is first minus second in the unit of the samples, `n` the observations behind it."""

    name: str
    statistic: float
    p: float
    difference: float
    n: int

    def as_json(self) -> dict[str, Any]:
        return {"name": self.name, "statistic": self.statistic, "p": self.p, "difference": self.difference, "n": self.n}


def row_of(values: Sample, *, least: int = 1) -> Numbers:
    """The values as one row of doubles. Raises ValueError where there are fewer than `least`, or one is no finite number."""
    row = np.asarray(values, dtype=np.float64)
    if row.ndim != 1 or len(row) < least:
        raise ValueError(f"A row of at least {least} numbers is needed.")
    if not np.isfinite(row).all():
        raise ValueError("A sample may hold finite numbers only.")
    return row


def pairs_of(first: Sample, second: Sample, *, least: int) -> tuple[Numbers, Numbers]:
    """Two rows whose numbers belong together. Raises ValueError where their lengths differ, too."""
    one, other = row_of(first, least=least), row_of(second, least=least)
    if len(one) != len(other):
        raise ValueError(f"Pairs are needed, and there are {len(one)} and {len(other)} numbers.")
    return one, other


def share_of(value: float, *, name: str) -> float:
    """A number strictly between 0 and 1, such as alpha. Raises ValueError otherwise."""
    if not 0 < value < 1:
        raise ValueError(f"{name} must lie between 0 and 1, and is {value}.")
    return value
