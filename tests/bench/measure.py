"""Ratios, never absolute times: the two sides take turns in one run, and the median of the rounds counts."""

from __future__ import annotations

import math
import re
import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

ROUNDS = 5
TOLD: Final = "(told)"
"""The bar of a row that only reports a figure."""
NOT_MEASURED: Final = math.nan
_BAR: Final = re.compile(r"(<=|≤|>=|≥) (\d+(?:\.\d+)?)×?")


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the report. `ratio` is what TARS takes over what the peer takes, or a rate over a bar. `bar`: "≤ 2", "≥ 0.5",
    or `TOLD`; anything else is refused, for nothing would ever miss it."""

    name: str
    ratio: float
    bar: str
    detail: str

    def __post_init__(self) -> None:
        if self.bar != TOLD and not _BAR.fullmatch(self.bar):
            raise ValueError(f"{self.name}: nothing can miss the bar {self.bar!r}")

    @property
    def verdict(self) -> str:
        """`met`, `MISSED`, `NOT MEASURED`, or "" for what is only told."""
        if math.isnan(self.ratio):
            return "NOT MEASURED"
        found = _BAR.fullmatch(self.bar)
        if found is None:
            return ""
        bar, is_most = float(found[2]), found[1] in ("<=", "≤")
        return "met" if (self.ratio <= bar if is_most else self.ratio >= bar) else "MISSED"


def forget_peak() -> None:
    """Let `resident("VmHWM")` count from now: a peak of earlier parts would hide what this one takes."""
    Path("/proc/self/clear_refs").write_text("5")


def resident(line: str) -> float:
    """MB of this process's memory now (VmRSS), or at most since `forget_peak` (VmHWM)."""
    status = Path("/proc/self/status").read_text().splitlines()
    return next(int(row.split()[1]) for row in status if row.startswith(f"{line}:")) / 1024


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
