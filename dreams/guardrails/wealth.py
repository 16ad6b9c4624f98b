"""A sequential bound on the mean of bounded numbers: looking after every observation is safe. Pure.

A bettor stakes on the mean being below `floor`. As long as it is not, the wealth is a nonnegative supermartingale that starts at
1, so by Ville's inequality it ever reaches 1/alpha with a chance of at most alpha, however often one looks and whatever the
distribution. Waudby-Smith and Ramdas, "Estimating means of bounded random variables by betting", JRSS B 86(1), 2024, section 4:
wealth ∏(1 + λ(floor - x)) for x in [0, 1]; a mixture over several λ is one again (Shafer, "Testing by betting", 2021).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from math import exp, log, log1p
from typing import Any, Final, Self

STAKES: Final = (0.05, 0.1, 0.2, 0.35, 0.5, 0.7, 0.9)
"""Shares of the highest stake that cannot lose everything on one observation."""
_HIGHEST_FLOOR: Final = 0.999


@dataclass(slots=True)
class Wealth:
    """Against "the mean is at least `floor`". `logs` are the bettors' wealths, one for each of `STAKES`."""

    floor: float
    count: int = 0
    total: float = 0.0
    logs: list[float] = field(default_factory=lambda: [0.0] * len(STAKES))

    def __post_init__(self) -> None:
        self.floor = min(max(self.floor, 0.0), _HIGHEST_FLOOR)

    def see(self, x: float) -> None:
        """One observation, in [0, 1]; what is outside counts as the nearer end."""
        x = min(max(x, 0.0), 1.0)
        most = 1.0 / (1.0 - self.floor)
        self.logs = [one + log1p(share * most * (self.floor - x)) for one, share in zip(self.logs, STAKES, strict=True)]
        self.count += 1
        self.total += x

    def see_all(self, values: Iterable[float]) -> None:
        for value in values:
            self.see(value)

    @property
    def evidence(self) -> float:
        """The e-value: the mean of the bettors' wealths; capped where a float would overflow."""
        highest = max(self.logs)
        if highest > 600:
            return float("inf")
        return sum(exp(one) for one in self.logs) / len(self.logs)

    def is_crossed(self, *, alpha: float) -> bool:
        return max(self.logs) >= log(len(self.logs) / alpha) or self.evidence >= 1.0 / alpha

    @property
    def mean(self) -> float | None:
        return self.total / self.count if self.count else None

    def as_json(self) -> dict[str, Any]:
        return {"floor": self.floor, "count": self.count, "total": self.total, "logs": list(self.logs)}

    @classmethod
    def of(cls, said: dict[str, Any]) -> Self:
        return cls(float(said["floor"]), int(said["count"]), float(said["total"]), list(map(float, said["logs"])))


def lowest_likely(successes: int, of: int) -> float:
    """The lower end of Wilson's 95 % interval for a rate (Wilson 1927); 0 for nothing seen."""
    return _wilson(successes, of)[0]


def highest_likely(successes: int, of: int) -> float:
    """The upper end of it; 1 for nothing seen."""
    return _wilson(successes, of)[1]


def _wilson(successes: int, of: int) -> Sequence[float]:
    if not of:
        return (0.0, 1.0)
    z, p = 1.959963984540054, successes / of
    centre = (p + z * z / (2 * of)) / (1 + z * z / of)
    half = z / (1 + z * z / of) * (p * (1 - p) / of + z * z / (4 * of * of)) ** 0.5
    return (max(centre - half, 0.0), min(centre + half, 1.0))
