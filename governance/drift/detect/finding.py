"""What one detector says about one metric at one look, on a scale on which 1 is a warning. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Final

WARNING: Final = 1.0
CRITICAL: Final = 1.3


@dataclass(frozen=True, slots=True)
class Finding:
    """`score` is comparable between detectors; `value` and `limit` are what the detector itself compares.

    `n` decisions were compared with `m` of the baseline (0 where an absolute limit is held).
    """

    detector: str
    score: float
    value: float
    limit: float
    n: int
    m: int = 0

    def as_json(self) -> dict[str, Any]:
        return {
            "detector": self.detector,
            "score": round(self.score, 4),
            "value": round(self.value, 6),
            "limit": self.limit,
            "n": self.n,
            "m": self.m,
        }


def strongest(findings: Iterable[Finding]) -> Finding | None:
    """The finding with the largest score; the first of equals."""
    return max(findings, key=lambda one: one.score, default=None)
