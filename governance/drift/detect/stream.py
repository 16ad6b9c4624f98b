"""One stream of numbers through one detector and the drift machine: what `tars drift scan` answers. Pure; constant memory.

A row's time is its number times `per_row`. When a detector alarms it is armed again at once, with the rows that had already
changed as its new baseline; a new alarm says that something changed again.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Final, Protocol

import numpy as np
from numpy.typing import NDArray

from governance.drift.detect import compare, finding, kolmogorov, share
from governance.drift.detect.shift import LEAST_AGAIN, LONGEST, Shift
from governance.drift.machine import Measured, Standing, State, Waited, step

Numbers = NDArray[np.float64]

CHUNK: Final = 1_024
SHIFT_WARNING: Final = 3.0
SHIFT_CRITICAL: Final = 3.6
"""One false alarm in some 6,000 independent rows, one warning in some 1,500 (measured: `tests/bench/drift.py`)."""
_START: Final = datetime(2000, 1, 1, tzinfo=UTC)


class Detector(Protocol):
    """A score for each number; `since` says how many of the last numbers had already changed where it alarms."""

    warning: float
    critical: float

    def feed(self, values: Numbers) -> Numbers: ...
    def since(self, place: int) -> int: ...
    def settle(self) -> None:
        """It was armed again after an alarm: what it learns from may not have settled."""


@dataclass(slots=True)
class ByShift:
    """Place and spread of every recent stretch (`detect.shift`). The detector to take."""

    warning: float = SHIFT_WARNING
    critical: float = SHIFT_CRITICAL
    _inner: Shift = field(default_factory=Shift)

    def feed(self, values: Numbers) -> Numbers:
        return self._inner.feed(values)

    def since(self, place: int) -> int:
        return int(self._inner.stretches[place])

    def settle(self) -> None:
        self._inner.least_before = LEAST_AGAIN


@dataclass(slots=True)
class ByWindow:
    """A test of each hundred rows: `judge` gets the rows before and the hundred, and answers a score."""

    judge: Callable[[Numbers, Numbers], float]
    critical: float = finding.CRITICAL
    warning: float = finding.WARNING
    is_compared: bool = True
    _baseline: Numbers = field(default_factory=lambda: np.empty(0))
    _window: list[float] = field(default_factory=list)
    _score: float = 0.0

    def feed(self, values: Numbers) -> Numbers:
        scores = np.empty(len(values))
        for place, value in enumerate(values.tolist()):
            self._window.append(value)
            if len(self._window) == compare.WINDOW:
                self._look(np.asarray(self._window))
            scores[place] = self._score
        return scores

    def since(self, place: int) -> int:
        return compare.WINDOW

    def settle(self) -> None:
        """A hundred rows are a baseline as it is."""

    def _look(self, window: Numbers) -> None:
        self._window = []
        if self.is_compared and not len(self._baseline):
            self._baseline = np.sort(window)
            return
        self._score = self.judge(self._baseline, window)
        if self.is_compared and self._score < self.warning and len(self._baseline) < compare.MOST_BASELINE:
            self._baseline = np.sort(np.concatenate((self._baseline, window)))


@dataclass(slots=True)
class Always:
    """The dummy: it alarms each hundred rows whatever they say. What is no better than it is worth nothing."""

    critical: float = finding.CRITICAL
    warning: float = finding.WARNING
    _count: int = 0

    def feed(self, values: Numbers) -> Numbers:
        places = np.arange(self._count + 1, self._count + len(values) + 1)
        self._count += len(values)
        return np.where(places % compare.WINDOW == 0, 2.0 * self.critical, 0.0)

    def since(self, place: int) -> int:
        return 0

    def settle(self) -> None:
        """It learns nothing."""


def _by_ks(baseline: Numbers, window: Numbers) -> float:
    """The source's test as it stands: p < 0.01 over a hundred decisions is an alarm, p < 0.05 a warning."""
    p = kolmogorov.p_value(kolmogorov.distance(baseline, window), n=len(window), m=len(baseline))
    return float(np.log(max(p, 1e-300)) / np.log(0.01)) * finding.CRITICAL * (1.0 + 1e-12)


def _by_share(floor: float) -> Callable[[Numbers, Numbers], float]:
    def judge(_: Numbers, window: Numbers) -> float:
        found = share.below(floor, held=int((window > 0.5).sum()), n=len(window), name="share")
        return finding.CRITICAL * found.score if found else 0.0

    return judge


def _by_limit(limit: float) -> Callable[[Numbers, Numbers], float]:
    return lambda _, window: finding.CRITICAL * float(window.mean()) / limit


DETECTORS: Final[dict[str, Callable[[], Detector]]] = {
    "shift": ByShift,
    "ks": lambda: ByWindow(_by_ks),
    "compliance": lambda: ByWindow(_by_share(share.COMPLIANCE), is_compared=False),
    "approval": lambda: ByWindow(_by_share(share.APPROVAL), is_compared=False),
    "distance": lambda: ByWindow(_by_limit(0.3), is_compared=False),
    "always": Always,
}


def new_detector(name: str, *, threshold: float | None = None) -> Detector:
    """A freshly armed detector; a `threshold` of its own moves the warning along."""
    made = DETECTORS[name]()
    if threshold is not None:
        made.warning, made.critical = made.warning * threshold / made.critical, threshold
    return made


@dataclass(slots=True)
class Found:
    """What a stream showed. Rows count from 0. `states` are the moves out of NORMAL and onwards."""

    n: int = 0
    alarms: list[int] = field(default_factory=list)
    states: list[tuple[int, str]] = field(default_factory=list)


def scanned(values: Iterable[Numbers], *, new: Callable[[], Detector], per_row: timedelta) -> Found:
    """Everything one detector finds in the numbers, however they are cut into pieces."""
    found, watch, detector = Found(), _Watch(per_row), new()
    recent = np.empty(0)
    for chunk in _chunks(values):
        recent = np.concatenate((recent[-LONGEST:], chunk))
        begin = 0
        while begin < len(chunk):
            scores = detector.feed(chunk[begin:])
            over = np.nonzero(scores > detector.critical)[0]
            end = int(over[0]) + 1 if len(over) else len(scores)
            watch.see(scores[:end], detector, first=found.n + begin, states=found.states)
            if len(over):
                found.alarms.append(found.n + begin + end - 1)
                place = len(recent) - len(chunk) + begin + end
                again = detector.since(end - 1)
                detector = new()
                detector.settle()
                detector.feed(recent[max(0, place - again) : place])
            begin += end
        found.n += len(chunk)
    return found


def _chunks(values: Iterable[Numbers]) -> Iterator[Numbers]:
    for piece in values:
        for start in range(0, len(piece), CHUNK):
            yield piece[start : start + CHUNK]


class _Watch:
    """The machine beside the detector; it is asked only at rows that can move it."""

    def __init__(self, per_row: timedelta) -> None:
        self._per_row = per_row
        self._now = Standing(State.NORMAL, _START)

    def see(self, scores: Numbers, detector: Detector, *, first: int, states: list[tuple[int, str]]) -> None:
        """Step through these rows' scores; add the moves."""
        place = 0
        while place < len(scores):
            if self._now.state is State.DEGRADED:
                return  # nothing in a stream leads out of it
            if self._now.state is State.NORMAL:
                over = np.nonzero(scores[place:] > detector.warning)[0]
                if not len(over):
                    return
                place += int(over[0])
            self._row(float(scores[place]), detector, row=first + place, states=states)
            place += 1

    def _row(self, score: float, detector: Detector, *, row: int, states: list[tuple[int, str]]) -> None:
        at = _START + row * self._per_row
        if self._now.state is State.HOLD:
            self._move(step(self._now, Waited(), at), row, states)
            return
        measured = Measured(score, detector.warning, detector.critical)
        self._move(step(self._now, measured, at), row, states)
        if score > detector.critical and self._now.state is State.MONITOR:
            # the detector is armed again after an alarm, so the second look at the same score is taken here
            self._move(step(self._now, measured, at + timedelta(microseconds=1)), row, states)

    def _move(self, after: Standing, row: int, states: list[tuple[int, str]]) -> None:
        if after.state is not self._now.state:
            states.append((row, after.state.value))
        self._now = after
