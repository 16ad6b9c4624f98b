from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.bench.measure import NOT_MEASURED, TOLD, Row, forget_peak, resident


@pytest.mark.parametrize("bar", ["", "reported", "≥ 5 wished", "fast"])
def test_row__with_a_bar_that_nothing_can_miss__is_refused(bar: str) -> None:
    with pytest.raises(ValueError, match="nothing can miss the bar"):
        Row("a", 1.0, bar, "")


@pytest.mark.parametrize(
    ("ratio", "bar", "verdict"),
    [
        (1.0, "≤ 1×", "met"),
        (1.01, "<= 1.0", "MISSED"),
        (0.96, ">= 0.95", "met"),
        (0.4, "≥ 0.5", "MISSED"),
        (9.0, TOLD, ""),
        (NOT_MEASURED, "≤ 1×", "NOT MEASURED"),
    ],
)
def test_row__is_held_against_its_bar(ratio: float, bar: str, verdict: str) -> None:
    assert Row("a", ratio, bar, "").verdict == verdict


def test_every_bar__that_a_bench_writes_down__can_be_missed_or_is_told() -> None:
    files = [path for path in Path("tests/bench").glob("*.py") if path.name != "measure.py"]
    found = [bar for path in files for bar in re.findall(r'"((?:<=|>=|[≤≥]) [^"]*)"', path.read_text())]
    assert len(found) > 40
    for bar in found:
        Row("a", 1.0, bar, "")


def test_memory__of_earlier_parts_does_not_hide_what_a_part_takes() -> None:
    bytearray(64 * 1024 * 1024)
    forget_peak()
    before = resident("VmRSS")
    taken = bytearray(b"x") * (32 * 1024 * 1024)
    assert resident("VmHWM") - before > 20
    del taken
