"""What a night has seen so far, as pairs: each request's normal run beside each candidate's. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Final

from dreams.cycles.plans import Written
from dreams.verdict.observed import Observed, Outcome, Pair, Part
from routing.rehearsal.shapes import Ran

NORMAL: Final = -1
"""The side of the constitution in force; candidates go by their number."""
REFUSED: Final = "refused"
LEAST_MS: Final = 20
"""Shorter runs are not told apart: a clock's tick is no improvement, and no harm."""


@dataclass(frozen=True, slots=True)
class Run:
    """One request on one side. `similarity`: of its answer to the normal side's, for candidates."""

    key: str
    side: int
    part: Part
    kind: str
    ran: Ran
    similarity: float | None = None


@dataclass(slots=True)
class Trials:
    """A night's runs by side and request."""

    written: Written
    runs: dict[int, dict[str, Run]] = field(default_factory=dict)

    def add(self, runs: Iterable[Run]) -> None:
        for one in runs:
            self.runs.setdefault(one.side, {})[one.key] = one

    def has(self, key: str, side: int) -> bool:
        return key in self.runs.get(side, {})

    def normal(self, key: str) -> Ran | None:
        found = self.runs.get(NORMAL, {}).get(key)
        return found.ran if found else None

    def own(self, number: int) -> list[Run]:
        """A candidate's own runs."""
        return list(self.runs.get(number, {}).values())

    @property
    def count(self) -> int:
        return sum(len(side) for side in self.runs.values())

    def observed(self, number: int, *, breaches: Iterable[str] = (), is_seen_only: bool = False) -> Observed:
        """One candidate's pairs; of the seen part alone where that is asked. A run that the dream may not make is no outcome."""
        own = self._of(number, is_seen_only=is_seen_only)
        beside = {key: self.runs[NORMAL][key] for key in own if self.has(key, NORMAL)}
        return Observed.of(
            self._pairs(own, beside),
            scheduled=len(own),
            normal_runs=sum(one.ran.status != REFUSED for one in beside.values()),
            dream_runs=sum(one.ran.status != REFUSED for one in own.values()),
            breaches=breaches,
        )

    def _of(self, number: int, *, is_seen_only: bool) -> Mapping[str, Run]:
        own = self.runs.get(number, {})
        return {key: one for key, one in own.items() if one.part is not Part.HELD_OUT} if is_seen_only else own

    def _pairs(self, own: Mapping[str, Run], beside: Mapping[str, Run]) -> Iterator[Pair]:
        for key, one in own.items():
            normal = beside.get(key)
            if normal is None or REFUSED in (one.ran.status, normal.ran.status):
                continue
            yield Pair(key, one.part, outcome_of(normal.ran), outcome_of(one.ran), one.similarity, one.kind)


def outcome_of(ran: Ran) -> Outcome:
    """A run as the verdict sees it. A partial answer is no success, as for a live execution's figures."""
    return Outcome(
        success=ran.status == "completed",
        confidence=None if ran.confidence is None else min(max(ran.confidence, 0.0), 1.0),
        duration_ms=max(ran.duration_ms, LEAST_MS),
        cost_usd=ran.cost_usd,
        verdict=ran.verdict,
        is_violation=ran.is_violation,
    )
