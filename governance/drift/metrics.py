"""What is measured of a system, by name. Pure. Ten at most: the limits of `detect.compare` are calibrated for a family of ten."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType
from typing import Final

from governance.drift.detect import share


class Kind(StrEnum):
    NUMBERS = "numbers"
    SHARE = "share"
    VECTORS = "vectors"


@dataclass(frozen=True, slots=True)
class Metric:
    """`floor` is the share that a `SHARE` must not fall below."""

    name: str
    label: str
    kind: Kind
    drift: str
    floor: float = 0.0


METRICS: Final = MappingProxyType(
    {
        one.name: one
        for one in (
            Metric("compliance", "Compliance", Kind.SHARE, "Performance", share.COMPLIANCE),
            Metric("approval", "Approvals given", Kind.SHARE, "Behaviour", share.APPROVAL),
            Metric("request", "What is asked", Kind.VECTORS, "Preferences"),
            Metric("confidence", "Confidence of routing", Kind.NUMBERS, "Concept"),
            Metric("success", "Success", Kind.NUMBERS, "Concept"),
            Metric("duration", "Duration", Kind.NUMBERS, "Concept"),
            Metric("cost", "Cost", Kind.NUMBERS, "Concept"),
            Metric("stars", "Stars", Kind.NUMBERS, "Concept"),
        )
    }
)
