"""Drift: one metric's check against scipy's, and `tars drift scan`'s detector against river's at equal false alarms.

Every detector's threshold is swept until it alarms falsely as rarely as the others: on independent numbers for the simulated
streams, outside the labelled windows for the labelled ones (Numenta's, read where `TARS_CONFORMANCE_DIR` says). A stream's delay
runs from the change, or the window's begin, to the first alarm after it; a change that is missed counts with its whole length.
Beside them a dummy alarms at fixed intervals. river's KSWIN takes 0.2 ms a value, and a sweep of it an hour: it is left out.
"""

from __future__ import annotations

import json
import lzma
import os
import time
from collections.abc import Callable, Sequence
from datetime import timedelta
from functools import partial
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np

from governance.drift.detect import compare
from governance.drift.detect.stream import new_detector, scanned
from tests.bench.measure import NOT_MEASURED, Row, interleaved

LABELLED = Path(os.environ.get("TARS_CONFORMANCE_DIR", "../shared/conformance")) / "public/nab_known_cause.jsonl.xz"
REPEATS, STREAMS, RARE = 20, 60, 5_000
SHIFTS = (0.3, 0.5, 1.0, 2.0)
BEFORE, AFTER = 1_000, 1_000
Find = Callable[[Sequence[float]], list[int]]


def bench_drift() -> list[Row]:
    """The check of one metric, the speed of a scan, and delays beside river's."""
    rows = [_check(), _speed()]
    if find_spec("river") is None:
        return [
            *rows,
            Row("drift: delay beside river's", NOT_MEASURED, "≤ 1×", "river is not installed (development dependency)"),
        ]
    return [*rows, _simulated(), *_labelled()]


def _check() -> Row:
    from scipy.stats import ks_2samp

    chance = np.random.default_rng(1)
    baseline, window = np.sort(chance.normal(size=1_000)), chance.normal(size=1_000)
    mine, theirs, ratio = interleaved(
        lambda: [compare.compared(baseline, window) for _ in range(REPEATS)],
        lambda: [ks_2samp(baseline, window) for _ in range(REPEATS)],
        rounds=9,
    )
    said = f"{mine / REPEATS * 1e6:.0f} µs with mean and distribution; scipy's ks_2samp {theirs / REPEATS * 1e6:.0f} µs"
    return Row("drift: one metric, n = 1,000", ratio, "≤ 1×", said)


def _speed() -> Row:
    values = np.random.default_rng(2).normal(size=500_000)
    start = time.perf_counter()
    scanned([values], new=partial(new_detector, "shift"), per_row=timedelta(minutes=15))
    rate = len(values) / (time.perf_counter() - start)
    return Row("drift: rows scanned a second", 100_000 / rate, "≤ 1×", f"{rate:,.0f} rows a second")


def _kinds() -> dict[str, tuple[Callable[[float], Find], float, float]]:
    """Each detector by its threshold, and thresholds between which it alarms often and hardly ever."""
    from river import drift

    def river(make: Callable[[], Any]) -> Find:
        def find(values: Sequence[float]) -> list[int]:
            detector, found = make(), []
            for place, value in enumerate(values):
                detector.update(value)
                if detector.drift_detected:
                    found.append(place)
            return found

        return find

    def hinkley(delta: float, threshold: float) -> Find:
        return river(lambda: drift.PageHinkley(delta=delta, threshold=threshold))

    return {
        "TARS": (_ours, 2.0, 40.0),
        "Page-Hinkley": (partial(hinkley, 0.005), 1.0, 5_000.0),
        "Page-Hinkley, delta 0.25": (partial(hinkley, 0.25), 1.0, 5_000.0),
        "ADWIN": (lambda strict: river(lambda: drift.ADWIN(delta=10.0**-strict)), 0.05, 300.0),
        "each n rows": (
            lambda every: lambda values: list(range(int(every) - 1, len(values), int(every))),
            20.0,
            20_000.0,
        ),
    }


def _ours(threshold: float) -> Find:
    new = partial(new_detector, "shift", threshold=threshold)
    return lambda values: scanned([np.asarray(values)], new=new, per_row=timedelta(minutes=15)).alarms


def _swept(make: Callable[[float], Find], low: float, high: float, rate: Callable[[Find], float], most: float) -> float:
    """The lowest threshold with at most so many false alarms, by halving."""
    for _ in range(9):
        middle = (low * high) ** 0.5
        low, high = (low, middle) if rate(make(middle)) <= most else (middle, high)
    return high


def _simulated() -> Row:
    chance = np.random.default_rng(3)
    still = chance.normal(size=20 * RARE).tolist()
    streams = [
        np.concatenate((chance.normal(size=BEFORE), chance.normal(shift, size=AFTER))).tolist()
        for shift in SHIFTS
        for _ in range(STREAMS)
    ]
    delays = {}
    for name, (make, low, high) in _kinds().items():
        found = make(_swept(make, low, high, lambda find: len(find(still)) / len(still), 1.0 / RARE))
        delays[name] = float(np.mean([_delay(found(values), BEFORE, BEFORE + AFTER) for values in streams]))
    return _row(f"drift: mean delay, {STREAMS} streams each of 0.3, 0.5, 1, 2 sd", delays, "rows")


def _labelled() -> list[Row]:
    if not LABELLED.exists():
        return [Row("drift: mean delay, labelled streams", NOT_MEASURED, "≤ 1×", f"{LABELLED} is not there")]
    with lzma.open(LABELLED, "rt") as file:
        streams = [json.loads(line) for line in file]
    for one in streams:
        start = np.array(one["values"][:200])
        one["values"] = ((np.array(one["values"]) - start.mean()) / (start.std() or 1.0)).tolist()
    rows = []
    for most in (5, 10, 20):
        delays = {}
        for name, (make, low, high) in _kinds().items():
            found = make(_swept(make, low, high, lambda find: _false(find, streams), most / 1e4))
            windows = [
                _delay(alarms, begin, end) / (end - begin)
                for one in streams
                for alarms in (found(one["values"]),)
                for begin, end in one["windows_index"]
            ]
            delays[name] = float(np.mean(windows))
        rows.append(
            _row(f"drift: mean delay, labelled streams, {most} false alarms in 10,000 rows", delays, "of a window")
        )
    return rows


def _delay(alarms: Sequence[int], begin: int, end: int) -> int:
    return next((alarm - begin for alarm in alarms if begin <= alarm <= end), end - begin)


def _false(find: Find, streams: Sequence[dict[str, Any]]) -> float:
    wrong = rows = 0
    for one in streams:
        windows = one["windows_index"]
        wrong += sum(not any(begin <= alarm <= end for begin, end in windows) for alarm in find(one["values"]))
        rows += len(one["values"]) - sum(end - begin + 1 for begin, end in windows)
    return wrong / rows


def _row(name: str, delays: dict[str, float], unit: str) -> Row:
    theirs = {kind: delay for kind, delay in delays.items() if kind not in ("TARS", "each n rows")}
    said = ", ".join(f"{kind} {delay:.3g}" for kind, delay in delays.items())
    return Row(name, delays["TARS"] / min(theirs.values()), "≤ 1×", f"{said} {unit}")
