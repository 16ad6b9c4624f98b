"""Ratios, never absolute times: the two sides take turns in one run, and the median of the rounds counts."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass

ROUNDS = 5


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the report. `ratio` is what TARS takes over what the peer takes, or a rate over a bar where `unit` says so."""

    name: str
    ratio: float
    bar: str
    detail: str


def seconds(work: Callable[[], object]) -> float:
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def interleaved(
    ours: Callable[[], object], theirs: Callable[[], object], *, rounds: int = ROUNDS
) -> tuple[float, float, float]:
    """Median seconds of both sides and the median of the pairwise ratios ours ÷ theirs."""
    pairs = [(seconds(ours), seconds(theirs)) for _ in range(rounds)]
    mine, peer = ([pair[side] for pair in pairs] for side in (0, 1))
    return statistics.median(mine), statistics.median(peer), statistics.median(a / b for a, b in pairs)
