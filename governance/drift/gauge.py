"""One metric of one system as it takes decisions: baseline, latest window, finding. Pure; bounded memory.

The first `LEAST_BASELINE` decisions are the baseline; it grows, up to `MOST_BASELINE`, by decisions that have left the window
while nothing had fired. A gauge that fired learns nothing more until it is armed again.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Final

import numpy as np

from governance.drift.detect import centroid, compare, share
from governance.drift.detect.finding import WARNING, Finding, strongest
from governance.drift.metrics import Kind, Metric

SHARE_WINDOW: Final = 100


@dataclass(slots=True)
class Gauge:
    """`baseline` is sorted numbers, or the sum of `count` vectors; `window` the latest numbers, or the sum of this block's."""

    metric: Metric
    baseline: list[float] = field(default_factory=list)
    count: int = 0
    window: list[float] = field(default_factory=list)
    fresh: int = 0
    has_fired: bool = False
    finding: dict[str, Any] | None = None

    @property
    def score(self) -> float:
        return float(self.finding["score"]) if self.finding else 0.0

    def arm(self, *, anew: bool) -> None:
        """Forget the window and what was found; `anew`: and the baseline."""
        self.window, self.fresh, self.has_fired, self.finding = [], 0, False, None
        if anew:
            self.baseline, self.count = [], 0

    def take_numbers(self, values: list[float]) -> None:
        """Decisions in their order."""
        for value in values:
            if self.metric.kind is Kind.SHARE:
                self._share(value)
            else:
                self._number(value)
        if self.metric.kind is Kind.SHARE:
            held = int(sum(self.window))
            floor, name = self.metric.floor, self.metric.name
            self._found(share.below(floor, held=held, n=len(self.window), name=name))
        else:
            self.baseline.sort()
            self.count = len(self.baseline)

    def take_vectors(self, vectors: list[np.ndarray]) -> None:
        """Embeddings in their order, all of one model."""
        for vector in vectors:
            if self.count < compare.WINDOW:
                self.baseline, self.count = _sum(self.baseline, vector), self.count + 1
                continue
            self.window, self.fresh = _sum(self.window, vector), self.fresh + 1
            if self.fresh % compare.WINDOW == 0:
                own, other = np.array(self.baseline), np.array(self.window)
                self._found(centroid.moved(own, other, m=self.count, n=compare.WINDOW))
                self.window = []

    def _share(self, value: float) -> None:
        self.window = [*self.window[1 - SHARE_WINDOW :], value]
        self.fresh += 1

    def _number(self, value: float) -> None:
        if self.count < compare.LEAST_BASELINE:
            self.baseline.append(value)
            self.count += 1
            return
        self.window.append(value)
        self.fresh += 1
        if len(self.window) > compare.LONG_WINDOW:
            left = self.window.pop(0)
            if not self.has_fired and self.count < compare.MOST_BASELINE:
                self.baseline.append(left)
                self.count += 1
        windows = [n for n in compare.looks(self.fresh) if n <= len(self.window)]
        if windows:
            baseline, latest = np.sort(np.array(self.baseline)), np.array(self.window)
            self._found(strongest(one for n in windows for one in compare.compared(baseline, latest[-n:])))

    def _found(self, finding: Finding | None) -> None:
        if finding is not None:
            self.finding = finding.as_json()
            self.has_fired = self.has_fired or finding.score > WARNING


def _sum(known: list[float], vector: np.ndarray) -> list[float]:
    return (np.array(known) + vector).tolist() if known else [float(value) for value in vector]
