"""How sure past executions make that a system does a kind of request well. Pure.

Each execution is a trial worth 0 to 1: how it ended, corrected by what people said of it. A trial's weight halves every
`HALF_LIFE` days. The confidence is Wilson's lower bound of the weighted share of successes over the weighted number of trials:
the share that the system has at least, with 95 % certainty. So it rises with every success, and falls with every failure and
with age. A sum of weights is never more than what those trials would count for (Kish), so the bound errs to the safe side.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from types import MappingProxyType
from typing import Final
from uuid import UUID

HALF_LIFE: Final = timedelta(days=60)
Z: Final = 1.6449
"""One-sided, 95 %."""
ENDED: Final = MappingProxyType({"success": 1.0, "partial": 0.5})
"""What an execution is worth by how it ended; anything else is worth nothing."""
STARS: Final = MappingProxyType({1: 0.0, 2: 0.25, 3: 0.6, 4: 0.95, 5: 1.0})
"""What it is worth at most where somebody rated it."""
_FOUR: Final = Decimal("0.0001")
_SIX: Final = Decimal("0.000001")


@dataclass(frozen=True, slots=True)
class Trial:
    """One system asked once. `status` is the execution's, "failed" for a system after which another was asked."""

    system_id: UUID
    status: str
    at: datetime
    stars: int | None = None
    is_disputed: bool = False
    is_corrected: bool = False
    """People say that another system should have got it."""
    is_word: bool = False
    """It was not asked: people say that it should have been."""
    cost_usd: Decimal | None = None
    duration_ms: int | None = None
    action: str = ""


@dataclass(frozen=True, slots=True)
class Figures:
    """A system's record with one kind of request. `rate` is the plain share of its trials that ended in success; averages are
    over the trials that know; `weight` is what the trials still count for."""

    system_id: UUID
    trials: int
    rate: Decimal
    weight: float
    confidence: Decimal
    avg_cost_usd: Decimal | None
    avg_duration_ms: int | None
    avg_stars: Decimal | None
    rated: int
    disputed: int
    corrected: int = 0
    named: int = 0


def worth(status: str, *, stars: int | None, is_disputed: bool) -> float:
    """0 to 1. A disputed execution, and one that another system should have got, is worth nothing, a rated one at most what its
    stars say."""
    if is_disputed:
        return 0.0
    ended = ENDED.get(status, 0.0)
    return ended if stars is None else min(ended, STARS[stars])


def weight(at: datetime, *, now: datetime) -> float:
    """1 for now, half of it for each half-life that has passed."""
    return float(0.5 ** (max(timedelta(), now - at) / HALF_LIFE))


def lower_bound(successes: float, trials: float) -> float:
    """Wilson's lower bound of a share; 0 without trials. `successes` is from 0 to `trials`, both may be fractions."""
    if trials <= 0:
        return 0.0
    good, square = min(successes, trials), Z * Z
    spread = Z * math.sqrt(max(0.0, good * (1 - good / trials)) + square / 4)
    return max(0.0, (good + square / 2 - spread) / (trials + square))


def figures_of(system_id: UUID, trials: Sequence[Trial], *, now: datetime) -> Figures:
    """The record of one system from its trials, of which there is at least one."""
    weights = [weight(one.at, now=now) for one in trials]
    worths = [worth(one.status, stars=one.stars, is_disputed=one.is_disputed or one.is_corrected) for one in trials]
    good = math.fsum(w * v for w, v in zip(weights, worths, strict=True))
    total = math.fsum(weights)
    costs = [one.cost_usd for one in trials if one.cost_usd is not None]
    times = [one.duration_ms for one in trials if one.duration_ms is not None]
    stars = [one.stars for one in trials if one.stars is not None]
    succeeded = sum(one.status == "success" and not (one.is_disputed or one.is_corrected) for one in trials)
    return Figures(
        system_id=system_id,
        trials=len(trials),
        rate=(Decimal(succeeded) / len(trials)).quantize(_FOUR),
        weight=total,
        confidence=Decimal(math.floor(lower_bound(good, total) * 10_000)) / 10_000,
        avg_cost_usd=(sum(costs, Decimal(0)) / len(costs)).quantize(_SIX) if costs else None,
        avg_duration_ms=round(sum(times) / len(times)) if times else None,
        avg_stars=(Decimal(sum(stars)) / len(stars)).quantize(Decimal("0.01")) if stars else None,
        rated=len(stars),
        disputed=sum(one.is_disputed for one in trials),
        corrected=sum(one.is_corrected for one in trials),
        named=sum(one.is_word for one in trials),
    )


def ranked(trials: Iterable[Trial], *, now: datetime) -> list[Figures]:
    """Every system's record, the surest first; of equally sure ones the cheaper, then the faster."""
    by_system: dict[UUID, list[Trial]] = {}
    for one in trials:
        by_system.setdefault(one.system_id, []).append(one)
    found = [figures_of(id, ones, now=now) for id, ones in by_system.items()]
    return sorted(found, key=_order)


def _order(one: Figures) -> tuple[object, ...]:
    cost = one.avg_cost_usd if one.avg_cost_usd is not None else Decimal("Infinity")
    time = one.avg_duration_ms if one.avg_duration_ms is not None else math.inf
    return (-one.confidence, cost, time, one.system_id)


def usual_action(trials: Iterable[Trial], *, besides: Collection[str] = ()) -> str:
    """What more than half of the successes were asked to do; "" where there is no such thing, or it is one of `besides`."""
    counts: dict[str, int] = {}
    for one in trials:
        if one.status == "success" and not one.is_word:
            counts[one.action] = counts.get(one.action, 0) + 1
    action = max(counts, key=lambda name: (counts[name], name), default="")
    return action if action not in besides and counts.get(action, 0) * 2 > sum(counts.values()) else ""


def explained(one: Figures, *, name: str) -> str:
    """The confidence in one sentence."""
    stars = f", {one.avg_stars} stars from {one.rated}" if one.rated else ""
    disputes = f", {one.disputed} disputed" if one.disputed else ""
    disputes += f", {one.corrected} that people would have given to another" if one.corrected else ""
    disputes += f", {one.named} only by people's word" if one.named else ""
    return (
        f"Confidence {one.confidence:.2f}: {name} succeeded in {one.rate * 100:.0f} % of {one.trials} requests{stars}{disputes}, "
        f"which count for {one.weight:.0f} by their age; with 95 % certainty it does at least that well."
    )


def why_behind(one: Figures, first: Figures) -> str:
    """Why a system stands behind the recommended one, in a few words."""
    if one.trials * 4 < first.trials and one.rate >= first.rate:
        return f"only {one.trials} tried, too few to be as sure"
    if one.rate < first.rate:
        return f"succeeds less often: {one.rate * 100:.0f} % against {first.rate * 100:.0f} %"
    if one.confidence == first.confidence and _dearer(one, first):
        return "as sure, and costs more"
    return "less sure by its stars, its disputes, what people corrected or its age"


def _dearer(one: Figures, first: Figures) -> bool:
    return one.avg_cost_usd is not None and first.avg_cost_usd is not None and one.avg_cost_usd > first.avg_cost_usd


def names_missing(rows: Iterable[Figures], names: Mapping[UUID, str]) -> list[Figures]:
    """Those whose system has a name here, in order: a system that is gone is recommended to nobody."""
    return [one for one in rows if one.system_id in names]
