"""What a dream found, in the source's words (seeds/000 Phase 1, seeds/004 2) and ours. Pure but for scipy, so not for a web
worker."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import numpy as np

from dreams.cycles.trials import Run
from dreams.stats.samples import Numbers
from dreams.verdict.figures import figures_of
from dreams.verdict.judging import Judgement
from dreams.verdict.observed import Metric, Observed
from dreams.verdict.plan import Plan
from dreams.verdict.rules import Rule, Verdict


@dataclass(frozen=True, slots=True)
class Result:
    """One candidate's end. `normal`, `dream`: means of both sides; `gain_seen`: of the primary on the seen part, all that the
    optimiser may learn; `cost_usd` and `duration_ms` of the dream's own runs together."""

    number: int
    verdict: Verdict
    rule: Rule
    sentence: str
    normal: Mapping[str, Any]
    dream: Mapping[str, Any]
    outcome: Mapping[str, Any]
    gain_seen: float | None
    n_seen: int
    n_held_out: int
    cost_usd: Decimal | None
    duration_ms: int


def result_of(
    plan: Plan, *, number: int, observed: Observed, seen: Observed, found: Judgement, runs: Sequence[Run]
) -> Result:
    """A candidate's end from all its pairs (`observed`), those of the seen part, and its own runs."""
    gains = seen.gains(plan.primary, direction=plan.better)
    normal, dream = _means(observed, 0), _means(observed, 1)
    costs = [one.ran.cost_usd for one in runs if one.ran.cost_usd is not None]
    return Result(
        number=number,
        verdict=found.verdict,
        rule=found.rule,
        sentence=found.sentence,
        normal=normal,
        dream=dream,
        outcome=_outcome(plan, observed, found, gains, normal, dream),
        gain_seen=round(float(gains.mean()), 9) if len(gains) else None,
        n_seen=found.n_seen,
        n_held_out=found.n_held_out,
        cost_usd=sum(costs, Decimal(0)) if costs else None,
        duration_ms=sum(one.ran.duration_ms for one in runs),
    )


def _outcome(
    plan: Plan,
    observed: Observed,
    found: Judgement,
    gains: Numbers,
    normal: Mapping[str, Any],
    dream: Mapping[str, Any],
) -> dict[str, Any]:
    faster = _difference(normal, dream, Metric.DURATION)
    return {
        "faster": faster is not None and faster > 0,
        "duration_improvement": faster,
        "success_rate": dream.get(Metric.SUCCESS.value),
        "confidence_acceptable": _is_held(found, Metric.CONFIDENCE),
        "test_runs": observed.n,
        "promote": found.verdict is Verdict.PROMOTE,
        "primary": plan.primary.value,
        "gain_sd": round(float(gains.std()), 9) if len(gains) > 1 else None,
        "judgement": _plain(found.as_json()),
        "figures": _plain([one.as_json() for one in figures_of(plan, observed)]),
    }


def _means(observed: Observed, side: int) -> dict[str, Any]:
    """The mean of each metric that is known, on one side."""
    found: dict[str, Any] = {}
    for metric in Metric:
        values = observed.both(metric)[side]
        if len(values):
            found[metric.value] = round(float(values.mean()), 6)
    return found


def _difference(normal: Mapping[str, Any], dream: Mapping[str, Any], metric: Metric) -> float | None:
    sides = normal.get(metric.value), dream.get(metric.value)
    return None if None in sides else round(sides[0] - sides[1], 3)  # type: ignore[operator]


def _is_held(found: Judgement, metric: Metric) -> bool:
    """Whether the guardrail of a metric is shown to hold."""
    said: Iterable[Mapping[str, Any]] = found.findings.as_json().get("guardrails", ())
    return any(one["metric"] == metric.value and one["standing"] == "non_inferior" for one in said)


def _plain(value: Any) -> Any:
    """JSON without what JSON cannot say: infinite logarithms become None."""
    if isinstance(value, Mapping):
        return {key: _plain(one) for key, one in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(one) for one in value]
    if isinstance(value, float | np.floating):
        return float(value) if np.isfinite(value) else None
    return value
