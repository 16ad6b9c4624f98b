"""How fast a night's decisions are: the verdict on 1,000 pairs, the rows of a morning report, the candidates of a night.

The peer of a verdict is scipy on the same gains: one paired t-test for each metric, which would decide nothing.
"""

from __future__ import annotations

from functools import partial

import numpy as np

from dreams.mutate.choosing import candidates_of
from dreams.mutate.search import Tried
from dreams.simulation import aa_nights
from dreams.verdict.figures import figures_of
from dreams.verdict.judging import judge
from dreams.verdict.observed import Metric, Observed, Outcome, Pair, Part
from dreams.verdict.plan import Plan
from tests.bench.measure import Row, interleaved, seconds
from tests.unit.dreams.mutate.documents import CLAY

PAIRS = 1_000


def bench_verdict() -> list[Row]:
    """One verdict over seven metrics against scipy's tests of the same columns; the report; a night's worth of looks."""
    plan = Plan.usual(
        Metric.DURATION,
        planned_effect=0.1,
        minimum_effect=0.02,
        seed=1,
        family=50,
        pairs_seen=PAIRS,
        pairs_held_out=PAIRS,
    )
    pairs = _pairs()
    observed = Observed.of(pairs)
    judge(plan, observed)
    figures_of(plan, observed)
    ours, theirs, ratio = interleaved(partial(judge, plan, observed), partial(_scipy, observed), rounds=21)
    made = seconds(partial(Observed.of, pairs))
    report = seconds(partial(figures_of, plan, observed))
    nights = seconds(partial(aa_nights, nights=10, seed=1, candidates=10)) / 100
    return [
        Row(
            f"verdict on {PAIRS:,} pairs against scipy's paired t-tests of the same metrics",
            ratio,
            "≤ 2",
            f"{ours * 1e3:.1f} ms against {theirs * 1e3:.1f}; columns {made * 1e3:.0f} ms, report {report * 1e3:.0f} ms",
        ),
        Row(
            "a simulated candidate, all looks, against 0.1 s",
            nights / 0.1,
            "≤ 1",
            f"{nights * 1e3:.0f} ms; 1,000 nights of 10 in {nights * 1e4:.0f} s",
        ),
    ]


def bench_candidates() -> list[Row]:
    """Fifty candidates out of five dials with two hundred past dreams, against five seconds of a night."""
    chance = np.random.default_rng(1)
    history = [
        Tried({"/routing_confidence_threshold": float(value), "/fallback_delay_ms": int(delay)}, float(chance.normal()))
        for value, delay in zip(
            chance.choice([0.5, 0.6, 0.7, 0.8], 200), chance.choice([100, 190, 505], 200), strict=True
        )
    ]
    work = partial(candidates_of, CLAY, seed=1, most=50, history=history)
    work()
    taken = min(seconds(work) for _ in range(3))
    return [Row("50 candidates of a night against 5 s", taken / 5, "≤ 1", f"{taken * 1e3:.0f} ms, 200 past dreams")]


def _pairs() -> list[Pair]:
    chance = np.random.default_rng(1)
    base = chance.lognormal(6.5, 0.5, PAIRS)
    normal, dream = (base * chance.lognormal(0, 0.2, PAIRS) for _ in range(2))
    return [
        Pair(
            f"r{number}",
            Part.HELD_OUT if number % 2 else Part.FRESH,
            Outcome(number % 20 > 0, 0.8, float(normal[number]), 0.002),
            Outcome(number % 25 > 0, 0.79, float(0.9 * dream[number]), 0.0019),
            similarity=0.97,
            kind="abc"[number % 3],
        )
        for number in range(PAIRS)
    ]


def _scipy(observed: Observed) -> None:
    from scipy import stats

    for metric in Metric:
        gains = observed.gains(metric)
        if len(gains) and np.ptp(gains):
            stats.ttest_1samp(gains, 0.0, alternative="greater")
