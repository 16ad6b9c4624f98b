"""The figures of seeds/002 3.1 on seeded shifts, beside a dummy that always fires (performance.md, bar 24).

Some trials here, 2,000 with `TARS_PROOF=full` (`make proof`), the same code; there the bounds hold with 95 % certainty.
"""

from __future__ import annotations

import os
from collections.abc import Callable

import numpy as np
import pytest

from governance.drift.detect import compare
from governance.drift.detect.finding import CRITICAL, WARNING, strongest

IS_FULL = os.environ.get("TARS_PROOF") == "full"
TRIALS = 2_000 if IS_FULL else 100
METRICS, LOOKS = 10, 6
Judge = Callable[[np.ndarray, np.ndarray], float]


def ours(baseline: np.ndarray, window: np.ndarray) -> float:
    found = strongest(compare.compared(baseline, window))
    assert found is not None
    return found.score


def always(baseline: np.ndarray, window: np.ndarray) -> float:
    return 2.0 * CRITICAL


def warned(judge: Judge, chance: np.random.Generator, *, moved: float, n: int) -> bool:
    """Whether one metric's single look at `n` decisions warns."""
    baseline = np.sort(chance.normal(size=compare.MOST_BASELINE))
    return judge(baseline, chance.normal(moved, size=n)) > WARNING


def family_warned(judge: Judge, chance: np.random.Generator) -> bool:
    """Whether any of ten metrics that did not change warns at any of six looks."""
    for _ in range(METRICS):
        baseline = np.sort(chance.normal(size=compare.MOST_BASELINE))
        values = chance.normal(size=LOOKS * compare.WINDOW)
        for fresh in range(compare.WINDOW, len(values) + 1, compare.WINDOW):
            if any(judge(baseline, values[fresh - n : fresh]) > WARNING for n in compare.looks(fresh)):
                return True
    return False


def bound(share: float) -> float:
    """How far a share of so many trials may lie off, one-sided, 95 %."""
    return 1.645 * (share * (1.0 - share) / TRIALS) ** 0.5


@pytest.mark.proof
@pytest.mark.parametrize(("moved", "n"), [(0.5, 100), (0.3, 300)])
def test_shift__of_the_seeded_sizes__is_found_in_nine_of_ten_and_feigned_in_at_most_one_of_twenty(
    moved: float, n: int
) -> None:
    chance = np.random.default_rng(2_026)
    found = np.mean([warned(ours, chance, moved=moved, n=n) for _ in range(TRIALS)])
    feigned = np.mean([warned(ours, chance, moved=0.0, n=n) for _ in range(TRIALS)])
    dummy = np.mean([warned(always, chance, moved=0.0, n=n) for _ in range(10)])
    print(f"{moved} sd at n = {n}: found {found:.4f}, feigned {feigned:.4f}, the dummy feigns {dummy:.0%}")
    assert found >= 0.90 + (bound(0.90) if IS_FULL else -0.06)
    assert feigned <= 0.05 - (bound(0.05) if IS_FULL else 0.0)
    assert dummy == 1.0


@pytest.mark.proof
def test_family__of_ten_metrics_looked_at_again_and_again__warns_falsely_in_at_most_one_of_twenty() -> None:
    chance = np.random.default_rng(2_027)
    trials = TRIALS if IS_FULL else 60
    feigned = np.mean([family_warned(ours, chance) for _ in range(trials)])
    print(f"ten metrics, six looks: feigned {feigned:.4f}; the dummy {np.mean([family_warned(always, chance)]):.0%}")
    assert feigned <= (0.05 - bound(0.05) if IS_FULL else 0.12)
