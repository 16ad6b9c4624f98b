"""What the pairs say of each thing that a rule asks, as numbers. Pure."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from dreams.stats.betting import log_e_above, log_e_below
from dreams.stats.noninferiority import Held, Standing, held
from dreams.stats.samples import Numbers
from dreams.verdict.observed import RELATIVE, Metric, Observed, gain, gain_bounds
from dreams.verdict.plan import Plan


@dataclass(frozen=True, slots=True)
class Primary:
    """The primary metric in one part: its mean gain and the logarithms of the e-values that it is more than the minimum effect,
    less than the minimum effect, and worse than nothing."""

    n: int
    gain: float | None
    log_e_better: float
    log_e_small: float
    log_e_worse: float

    def as_json(self) -> dict[str, Any]:
        return {
            "n": self.n,
            "gain": self.gain,
            "log_e_better": self.log_e_better,
            "log_e_small": self.log_e_small,
            "log_e_worse": self.log_e_worse,
        }


@dataclass(frozen=True, slots=True)
class Guardrail:
    """One guardrail over all pairs, and its mean gain in the held-out part alone."""

    metric: Metric
    margin: float
    n: int
    gain: float | None
    held_out_gain: float | None
    held: Held

    @property
    def standing(self) -> Standing:
        return self.held.standing

    def as_json(self) -> dict[str, Any]:
        return {
            "metric": self.metric.value,
            "margin": self.margin,
            "n": self.n,
            "gain": self.gain,
            "held_out_gain": self.held_out_gain,
            "standing": self.standing.value,
            "log_e_non_inferior": _finite(self.held.log_e_non_inferior),
            "log_e_inferior": self.held.log_e_inferior,
        }


@dataclass(frozen=True, slots=True)
class Group:
    """The success of the requests of one kind."""

    kind: str
    n: int
    gain: float
    log_e_inferior: float

    def as_json(self) -> dict[str, Any]:
        return {"kind": self.kind, "n": self.n, "gain": self.gain, "log_e_inferior": self.log_e_inferior}


@dataclass(frozen=True, slots=True)
class Findings:
    """Everything the rules look at. `averages`: the gain between the two sides' plain means, where the gain is relative."""

    seen: Primary
    held_out: Primary
    guardrails: tuple[Guardrail, ...]
    groups: tuple[Group, ...]
    averages: Mapping[Metric, float]

    def as_json(self) -> dict[str, Any]:
        return {
            "primary": {"seen": self.seen.as_json(), "held_out": self.held_out.as_json()},
            "guardrails": [one.as_json() for one in self.guardrails],
            "groups": [one.as_json() for one in self.groups],
            "averages": {metric.value: value for metric, value in self.averages.items()},
        }


def findings_of(plan: Plan, observed: Observed) -> Findings:
    """The numbers behind a verdict, the same for every order of the pairs."""
    watched = [plan.primary, *plan.margins]
    return Findings(
        seen=_primary(plan, observed.gains(plan.primary, direction=plan.better, among=observed.is_seen)),
        held_out=_primary(plan, observed.gains(plan.primary, direction=plan.better, among=observed.is_held_out)),
        guardrails=tuple(_guardrail(plan, observed, metric) for metric in plan.margins),
        groups=_groups(plan, observed),
        averages={metric: _average(plan, observed, metric) for metric in watched if metric in RELATIVE},
    )


def _primary(plan: Plan, gains: Numbers) -> Primary:
    low, high = gain_bounds(plan.primary)
    return Primary(
        n=len(gains),
        gain=_mean(gains),
        log_e_better=log_e_above(gains, null=plan.minimum_effect, low=low),
        log_e_small=log_e_below(gains, null=plan.minimum_effect, high=high),
        log_e_worse=log_e_below(gains, null=0.0, high=high),
    )


def _guardrail(plan: Plan, observed: Observed, metric: Metric) -> Guardrail:
    low, high = gain_bounds(metric)
    gains = observed.gains(metric)
    margin = plan.margins[metric]
    return Guardrail(
        metric=metric,
        margin=margin,
        n=len(gains),
        gain=_mean(gains),
        held_out_gain=_mean(observed.gains(metric, among=observed.is_held_out)),
        held=held(gains, margin=margin, alpha=plan.alpha, low=low, high=high),
    )


def _groups(plan: Plan, observed: Observed) -> tuple[Group, ...]:
    kinds = np.asarray(observed.kinds)
    column = observed.columns[Metric.SUCCESS]
    gains = gain(Metric.SUCCESS, column.normal, column.dream)
    found = []
    for kind in sorted(set(observed.kinds) - {""}):
        own = gains[kinds == kind]
        if len(own) >= plan.group_pairs:
            bad = log_e_below(own, null=-plan.group_margin, high=1.0)
            found.append(Group(kind, len(own), float(own.mean()), bad))
    return tuple(found)


def _average(plan: Plan, observed: Observed, metric: Metric) -> float:
    normal, dream = observed.both(metric)
    if not len(normal):
        return 0.0
    direction = plan.better if metric is plan.primary else None
    return float(gain(metric, np.array([normal.mean()]), np.array([dream.mean()]), direction=direction)[0])


def _mean(gains: Numbers) -> float | None:
    return float(gains.mean()) if len(gains) else None


def _finite(value: float) -> float | None:
    return value if math.isfinite(value) else None
