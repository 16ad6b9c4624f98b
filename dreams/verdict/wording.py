"""Numbers of a verdict in words. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from dreams.verdict.observed import Metric

NAMES: Final[Mapping[Metric, str]] = {
    Metric.SUCCESS: "success",
    Metric.CONFIDENCE: "confidence",
    Metric.DURATION: "duration",
    Metric.COST: "cost",
    Metric.VERDICT: "the verdicts",
    Metric.SIMILARITY: "the likeness of answers",
    Metric.STARS: "stars",
}


def percent(value: float, *, beside: float | None = None) -> str:
    """A share in per cent, with as many digits as it takes not to look like the number it stands beside."""
    for digits in range(1, 9):
        text = f"{value * 100:.{digits}f} %"
        if beside is None or value == beside or text != f"{beside * 100:.{digits}f} %":
            return text
    return text


def better_or_worse(gain: float, *, beside: float | None = None) -> str:
    """ "3.0 % better"; `beside` is a gain that it must not look like."""
    word = "better" if gain >= 0 else "worse"
    return f"{percent(abs(gain), beside=None if beside is None else abs(beside))} {word}"


def plural(count: int, word: str) -> str:
    return f"{count} {word}" if count == 1 else f"{count} {word}s"
