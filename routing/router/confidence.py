"""A cosine as a confidence from 0 to 1, so that one threshold in a constitution means the same for every model. Pure.

A sentence model puts two ways of asking the same thing at a cosine of 0.5 to 0.8, and a request beside the description of the
right system at 0.3 to 0.5. A threshold of 0.7 on the bare number would turn nearly everything away. So each model has a curve
through a few points, one for patterns (a request beside a request) and one for descriptions; a model without curves keeps its
cosine. docs/routing.md says how the points were found, and how well they tell.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from itertools import pairwise
from typing import Final


class Against(StrEnum):
    """What a request was compared with."""

    PATTERN = "pattern"
    DESCRIPTION = "description"


Curve = tuple[tuple[float, float], ...]
_BARE: Final[Curve] = ((0.0, 0.0), (1.0, 1.0))
CURVES: Final[Mapping[str, Mapping[Against, Curve]]] = {
    "all-MiniLM-L6-v2": {
        Against.PATTERN: ((0.0, 0.0), (0.3, 0.3), (0.49, 0.7), (0.75, 0.9), (1.0, 1.0)),
        Against.DESCRIPTION: ((0.0, 0.0), (0.2, 0.4), (0.3, 0.7), (0.5, 0.9), (1.0, 1.0)),
    },
}


def confidence(cosine: float, *, model: str, against: Against) -> float:
    """How sure this likeness makes: 0 for nothing in common, 1 for the same. Never falls where the cosine rises."""
    curve = CURVES.get(model.partition("@")[0], {}).get(against, _BARE)
    cosine = min(1.0, max(0.0, cosine))
    for (x0, y0), (x1, y1) in pairwise(curve):
        if cosine <= x1:
            return round(y0 + (y1 - y0) * (cosine - x0) / (x1 - x0), 4)
    return 1.0
