"""How far what is asked has moved: the cosine distance of two mean embeddings. Pure."""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from governance.drift.detect.finding import Finding

LIMIT: Final = 0.3
LEAST: Final = 30
"""The mean of fewer vectors lies anywhere."""


def moved(baseline: NDArray[np.float64], window: NDArray[np.float64], *, m: int, n: int) -> Finding | None:
    """The distance of the mean of `n` vectors from the baseline's mean of `m`; None from too few, or for a mean of nothing."""
    length = float(np.linalg.norm(baseline)) * float(np.linalg.norm(window))
    if n < LEAST or m < LEAST or length == 0.0:
        return None
    distance = 1.0 - float(baseline @ window) / length
    return Finding("distance", max(0.0, distance) / LIMIT, distance, LIMIT, n, m)
