"""Nights that never were: how often the verdict errs, and how often it finds what is there. Pure, seeded.

Requests differ in how long they take and how hard they are; a run is skewed and now and then very slow; normal outcomes are
shared by all candidates of a night, as in a replay. Everybody peeks: a candidate is judged at every look of the plan and stops
as the verdict says. It is the same code that judges real nights.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

import numpy as np
from numpy.random import Generator, SeedSequence

from dreams.stats.proportions import exact
from dreams.stats.samples import Interval, Numbers
from dreams.verdict.judging import Judgement, is_finalist, judge, judge_night
from dreams.verdict.observed import Column, Metric, Observed, gain
from dreams.verdict.plan import Plan, pairs_needed
from dreams.verdict.rules import Next, Verdict

HARDNESS: Final = ((0.995, 0.85), (0.6, 0.10), (0.05, 0.05))
"""A request's chance of success, and how many are so."""
BETWEEN: Final = 0.6
"""Standard deviation of the logarithm of the durations, from request to request."""
WITHIN: Final = 0.25
"""The same from run to run of one request."""
SLOW: Final = (0.02, 5.0)
"""How many runs are slow, and how many times slower."""


@dataclass(frozen=True, slots=True)
class Effect:
    """What a candidate really does: the factor on its durations (and costs), and the share of successes that it loses."""

    duration: float = 1.0
    success_lost: float = 0.0


NOTHING: Final = Effect()


@dataclass(frozen=True, slots=True)
class Count:
    """How many of `n` nights (or candidates) it happened in, with the exact binomial interval of its rate (95 %)."""

    times: int
    n: int

    @property
    def rate(self) -> Interval:
        return exact(self.times, self.n, alpha=0.05)

    def as_json(self) -> dict[str, Any]:
        return {"times": self.times, "n": self.n, "rate": self.rate.as_json()}


@dataclass(frozen=True, slots=True)
class Realised:
    """What came of simulated nights. `promoted`: nights in which a candidate without merit was promoted (or, where an effect is
    looked for, nights that promoted it); `finalists`: candidates that reached the held-out part; `pairs`: mean pairs of a
    candidate."""

    alpha: float
    promoted: Count
    finalists: Count
    pairs: float

    def as_json(self) -> dict[str, Any]:
        return {
            "alpha": self.alpha,
            "promoted": self.promoted.as_json(),
            "finalists": self.finalists.as_json(),
            "pairs_per_candidate": self.pairs,
        }


def aa_nights(*, nights: int, seed: int, candidates: int = 10, plan: Plan | None = None) -> Realised:
    """Nights in which no candidate changes anything: every promotion is false. The minimum effect is 0, where chance has most
    room."""
    plan = plan or aa_plan(candidates)
    return _count(plan, _nights(plan, [NOTHING] * candidates, nights=nights, seed=seed), looked_for=range(candidates))


def power_nights(*, nights: int, seed: int, candidates: int = 5, plan: Plan | None = None) -> Realised:
    """Nights with one candidate that does exactly what was planned for, among others that do nothing: how often it is
    promoted."""
    plan = plan or planned(family=candidates)
    effects = [Effect(duration=factor_for(plan.planned_effect)), *[NOTHING] * (candidates - 1)]
    return _count(plan, _nights(plan, effects, nights=nights, seed=seed), looked_for=[0])


def guardrail_nights(*, nights: int, seed: int, plan: Plan | None = None) -> Realised:
    """Nights whose candidate is much faster and loses exactly the margin of success: every promotion is false."""
    plan = plan or planned(family=1)
    harmful = Effect(duration=0.6, success_lost=plan.margins[Metric.SUCCESS])
    return _count(plan, _nights(plan, [harmful], nights=nights, seed=seed), looked_for=[0])


def aa_plan(candidates: int) -> Plan:
    """The usual plan with a minimum effect of 0 and wide guardrails, so that nothing but chance is in the way of a promotion."""
    return Plan.usual(
        Metric.DURATION,
        planned_effect=0.1,
        minimum_effect=0.0,
        seed=1,
        family=candidates,
        margins={Metric.SUCCESS: 0.5, Metric.COST: 0.9},
        group_margin=1.0,
        pairs_seen=120,
        pairs_held_out=120,
    )


def planned(*, family: int, effect: float = 0.1, minimum: float = 0.02, power: float = 0.8) -> Plan:
    """The usual plan, with as many pairs as an effect needs at the spread that identical runs show."""
    sd = float(gain(Metric.DURATION, *_pilot(1.0)).std())
    seen, held_out = pairs_needed(planned_effect=effect, sd=sd, minimum_effect=minimum, power=power, finalists=2)
    return Plan.usual(
        Metric.DURATION,
        planned_effect=effect,
        minimum_effect=minimum,
        seed=1,
        family=family,
        pairs_seen=seen,
        pairs_held_out=held_out,
    )


def factor_for(effect: float) -> float:
    """The factor on durations that makes this mean gain, by halving."""
    low, high = 0.01, 1.0
    for _ in range(30):
        middle = (low + high) / 2
        low, high = (middle, high) if gain(Metric.DURATION, *_pilot(middle)).mean() > effect else (low, middle)
    return high


def run_night(plan: Plan, trials: Mapping[str, Observed]) -> dict[str, Judgement]:
    """One night with everything that could be observed of each candidate: looked at, stopped and judged as the plan says."""
    stopped = {name: _looked(plan, trial) for name, trial in trials.items()}
    finalists = sum(is_finalist(plan, found.findings) for _, found in stopped.values())
    ended = {
        name: _confirmed(plan, trials[name], seen, finalists) if found.next is Next.HELD_OUT_PAIRS else seen
        for name, (seen, found) in stopped.items()
    }
    return judge_night(plan, ended)


def _looked(plan: Plan, trial: Observed) -> tuple[Observed, Judgement]:
    for n in (*range(plan.look_every, plan.pairs_seen, plan.look_every), plan.pairs_seen):
        seen = first(trial, n, 0)
        found = judge(plan, seen)
        if found.next is not Next.SEEN_PAIRS:
            break
    return seen, found


def _confirmed(plan: Plan, trial: Observed, seen: Observed, finalists: int) -> Observed:
    for n in (*range(plan.look_every, plan.pairs_held_out, plan.look_every), plan.pairs_held_out):
        asked = first(trial, seen.n_seen, n)
        if judge(plan, asked, finalists=finalists).next is not Next.HELD_OUT_PAIRS:
            break
    return asked


def first(trial: Observed, seen: int, held_out: int) -> Observed:
    """The first pairs of each part, as a night knows them so far."""
    places = np.concatenate([np.flatnonzero(trial.is_seen)[:seen], np.flatnonzero(trial.is_held_out)[:held_out]])
    count = len(places)
    return replace(
        trial,
        keys=tuple(trial.keys[place] for place in places),
        kinds=tuple(trial.kinds[place] for place in places),
        is_held_out=trial.is_held_out[places],
        columns={
            metric: Column(column.normal[places], column.dream[places]) for metric, column in trial.columns.items()
        },
        scheduled=count,
        normal_runs=count,
        dream_runs=count,
    )


def _nights(plan: Plan, effects: Sequence[Effect], *, nights: int, seed: int) -> Iterator[list[Judgement]]:
    for own in SeedSequence(seed).spawn(nights):
        chance = np.random.default_rng(own)
        requests = _Requests.drawn(chance, plan.pairs_seen + plan.pairs_held_out)
        trials = {
            f"{place:03}": requests.trial(chance, effect, plan.pairs_seen) for place, effect in enumerate(effects)
        }
        judged = run_night(plan, trials)
        yield [judged[name] for name in trials]


def _count(plan: Plan, nights: Iterator[list[Judgement]], *, looked_for: Sequence[int]) -> Realised:
    promoted = finalists = total = pairs = number = 0
    for night in nights:
        number += 1
        promoted += any(night[place].verdict is Verdict.PROMOTE for place in looked_for)
        finalists += sum(is_finalist(plan, one.findings) for one in night)
        pairs += sum(one.n_seen + one.n_held_out for one in night)
        total += len(night)
    return Realised(plan.alpha, Count(promoted, number), Count(finalists, total), pairs / total)


@dataclass(frozen=True, slots=True, eq=False)
class _Requests:
    """Recorded requests with what the normal side makes of them."""

    base: Numbers
    hardness: Numbers
    success: Numbers
    duration: Numbers

    @classmethod
    def drawn(cls, chance: Generator, n: int) -> _Requests:
        base = np.asarray(800 * np.exp(chance.normal(0, BETWEEN, n)), dtype=np.float64)
        chances, shares = zip(*HARDNESS, strict=True)
        hardness = chance.choice(chances, n, p=shares)
        return cls(base, hardness, (chance.random(n) < hardness).astype(np.float64), base * _run(chance, n))

    def trial(self, chance: Generator, effect: Effect, seen: int) -> Observed:
        """A candidate's outcomes on the same requests."""
        n = len(self.base)
        duration = self.base * _run(chance, n) * effect.duration
        kept = chance.random(n) >= effect.success_lost / float(np.dot(*np.transpose(HARDNESS)))
        success = (chance.random(n) < self.hardness) & kept
        ones, zeros = np.ones(n), np.zeros(n)
        columns = {
            Metric.SUCCESS: Column(self.success, success.astype(np.float64)),
            Metric.CONFIDENCE: Column(0.8 * ones, np.clip(0.8 + chance.normal(0, 0.02, n), 0, 1)),
            Metric.DURATION: Column(self.duration, duration),
            Metric.COST: Column(self.duration * 1e-6, duration * 1e-6),
            Metric.VERDICT: Column(zeros, zeros),
            Metric.SIMILARITY: Column(ones, np.clip(chance.normal(0.95, 0.05, n), 0, 1)),
            Metric.STARS: Column(np.full(n, np.nan), np.full(n, np.nan)),
        }
        keys = tuple(map(str, range(n)))
        return Observed(keys, np.arange(n) >= seen, ("",) * n, columns, (), n, n, n)


def _run(chance: Generator, n: int) -> Numbers:
    """The factor of one run: skewed, and now and then very slow."""
    slow, times = SLOW
    return np.asarray(
        np.exp(chance.normal(0, WITHIN, n)) * np.where(chance.random(n) < slow, times, 1.0), dtype=np.float64
    )


def _pilot(factor: float, n: int = 20_000) -> tuple[Numbers, Numbers]:
    chance = np.random.default_rng(1)
    requests = _Requests.drawn(chance, n)
    return requests.duration, requests.base * _run(chance, n) * factor
