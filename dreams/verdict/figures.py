"""What a morning report shows beside a verdict: each metric on both sides, with intervals. Pure; imports scipy, so not for a
web worker.

These figures describe and decide nothing. The interval of a gain is the confidence sequence the verdict rests on: it holds at
every look. The interval of the difference in the metric's own unit is a bootstrap, for this one look.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from dreams.stats.betting import confidence_interval
from dreams.stats.bootstrap import mean_interval
from dreams.stats.means import signed_rank
from dreams.stats.proportions import mcnemar
from dreams.stats.samples import Interval, Numbers, Tested
from dreams.verdict.observed import RELATIVE, Metric, Observed, gain_bounds
from dreams.verdict.plan import Plan


@dataclass(frozen=True, slots=True)
class Figure:
    """One metric over all pairs that know it. `difference` is dream minus normal in its own unit; `gain` the mean gain with the
    bounds that hold with 1 - alpha each (two-sided: 1 - 2 alpha); `tested` a classical test for one look."""

    metric: Metric
    n: int
    normal: float | None
    dream: float | None
    difference: Interval | None
    gain: Interval
    tested: Tested | None

    def as_json(self) -> dict[str, Any]:
        return {
            "metric": self.metric.value,
            "n": self.n,
            "normal": self.normal,
            "dream": self.dream,
            "difference": self.difference and self.difference.as_json(),
            "gain": self.gain.as_json(),
            "tested": self.tested and self.tested.as_json(),
        }


def figures_of(plan: Plan, observed: Observed) -> tuple[Figure, ...]:
    """The primary metric, the guardrails, then whatever else was measured. The same numbers for the same plan and pairs."""
    first = [plan.primary, *plan.margins]
    rest = [metric for metric in Metric if metric not in first and len(observed.gains(metric))]
    return tuple(_figure(plan, observed, metric) for metric in [*first, *rest])


def _figure(plan: Plan, observed: Observed, metric: Metric) -> Figure:
    low, high = gain_bounds(metric)
    gains = observed.gains(metric, direction=plan.better if metric is plan.primary else None)
    normal, dream = observed.both(metric)
    return Figure(
        metric=metric,
        n=len(gains),
        normal=float(normal.mean()) if len(normal) else None,
        dream=float(dream.mean()) if len(dream) else None,
        difference=mean_interval(dream - normal, alpha=2 * plan.alpha, seed=plan.seed) if len(dream) else None,
        gain=confidence_interval(gains, alpha=plan.alpha, low=low, high=high, is_one_sided=True),
        tested=_tested(metric, normal, dream),
    )


def _tested(metric: Metric, normal: Numbers, dream: Numbers) -> Tested | None:
    """McNemar's for success, Wilcoxon's for skewed durations and costs; the others have their interval."""
    if not len(normal):
        return None
    if metric is Metric.SUCCESS:
        only_dream, only_normal = int(np.sum(dream > normal)), int(np.sum(normal > dream))
        return mcnemar(only_first=only_dream, only_second=only_normal, n=len(dream))
    return signed_rank(dream, normal) if metric in RELATIVE else None
