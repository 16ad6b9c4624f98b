"""The cosine at which two requests are as alike as a confidence says; the other way round than `confidence`. Pure."""

from __future__ import annotations

from typing import Final

from routing.router.confidence import Against, confidence

_STEPS: Final = 40


def cosine_of(sure: float, *, model: str) -> float:
    """The least cosine of two requests whose confidence is `sure` or more."""
    low, high = 0.0, 1.0
    for _ in range(_STEPS):
        middle = (low + high) / 2
        if confidence(middle, model=model, against=Against.PATTERN) >= sure:
            high = middle
        else:
            low = middle
    return high
