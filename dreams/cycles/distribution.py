"""Two samples as counts in the same buckets, for a chart. Pure."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

BUCKETS: Final = 12
NORMAL: Final = "Constitution in force"
DREAM: Final = "Dream"


@dataclass(frozen=True, slots=True)
class Spread:
    """Counts of both sides by bucket; `names` say where each begins. `rows` are the same as a table."""

    names: tuple[str, ...]
    normal: tuple[int, ...]
    dream: tuple[int, ...]

    @property
    def chart(self) -> dict[str, Any]:
        """For the template tag `lines`."""
        return {"x": self.names, "series": {NORMAL: self.normal, DREAM: self.dream}}

    @property
    def columns(self) -> tuple[str, str, str]:
        return ("From", NORMAL, DREAM)

    @property
    def rows(self) -> list[tuple[str, int, int]]:
        return list(zip(self.names, self.normal, self.dream, strict=True))


def spread_of(normal: Sequence[float], dream: Sequence[float], *, form: str) -> Spread | None:
    """Equal steps from the least value to the greatest of both; None where there is none. `form`: how an edge reads, such as
    `{:,.0f} ms`."""
    if not normal or not dream:
        return None
    low, high = min(*normal, *dream), max(*normal, *dream)
    step = (high - low) / BUCKETS
    edges = [low + place * step for place in range(BUCKETS)] if step > 0 else [low]
    names = tuple(form.format(edge) for edge in edges)
    return Spread(names, _counted(normal, edges), _counted(dream, edges))


def _counted(values: Sequence[float], edges: Sequence[float]) -> tuple[int, ...]:
    counts = [0] * len(edges)
    for value in values:
        counts[max(0, bisect_right(edges, value) - 1)] += 1
    return tuple(counts)
