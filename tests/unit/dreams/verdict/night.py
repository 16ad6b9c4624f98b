"""A candidate that deserves its promotion, and what can be wrong with it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from dreams.verdict.observed import Metric, Observed, Outcome, Pair, Part
from dreams.verdict.plan import Plan

PLAN = Plan.usual(Metric.DURATION, planned_effect=0.15, minimum_effect=0.05, seed=7, family=10)
Pairs = list[Pair]


def outcome(duration: float, **changed: Any) -> Outcome:
    return replace(Outcome(True, confidence=0.8, duration_ms=duration, cost_usd=0.001), **changed)


def good(seen: int = 200, held_out: int = 200, *, speed: float = 0.8) -> Pairs:
    """Every request takes `speed` of its time in the dream, give or take a tenth."""
    parts = [Part.FRESH] * seen + [Part.HELD_OUT] * held_out
    return [
        Pair(
            f"r{number}",
            part,
            normal=outcome(500 + number % 7 * 100),
            dream=outcome((500 + number % 7 * 100) * speed * (0.9 + number % 3 / 10)),
            similarity=0.97,
            kind="ab"[number % 2],
        )
        for number, part in enumerate(parts)
    ]


def changed(pairs: Pairs, where: Callable[[int], bool], **dream: Any) -> Pairs:
    """The dream's outcomes changed in some pairs, by their place."""
    return [
        replace(pair, dream=replace(pair.dream, **dream)) if where(place) else pair for place, pair in enumerate(pairs)
    ]


def seen(pairs: Pairs, **counts: Any) -> Observed:
    return Observed.of(pairs, **counts)
