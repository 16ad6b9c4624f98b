"""What a night found, out of its rows, as a morning report draws it. Pure; the numbers were computed when it was judged."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Final

from dreams.verdict.observed import Metric
from dreams.verdict.rules import Verdict
from dreams.verdict.wording import NAMES, better_or_worse, percent

VERDICTS: Final = {
    Verdict.PROMOTE: ("Promote", "tighten", "●"),
    Verdict.HOLD: ("Hold", "", "○"),
    Verdict.REJECT: ("Reject", "bad", "■"),
    Verdict.INVALID: ("Invalid", "expand", "◐"),
}
STANDINGS: Final = {
    "non_inferior": ("holds", "tighten", "●"),
    "inferior": ("lost", "bad", "■"),
    "undecided": ("not shown", "", "○"),
}
WIDTH: Final = 100.0


@dataclass(frozen=True, slots=True)
class Bar:
    """An interval in a box of 100 by 12, all rows of a report to one scale: x of its ends, its value, of nothing gained and of
    the least that is worth a change."""

    low: float
    high: float
    value: float
    zero: float
    least: float


@dataclass(frozen=True, slots=True)
class Figure:
    """One metric on both sides. Means are in its own unit, gains shares of 1; None is not known. `p` is a classical test's, for
    this one look."""

    metric: str
    label: str
    n: int
    normal: str
    dream: str
    gain: float | None
    low: float | None
    high: float | None
    said: str
    p: float | None
    test: str


@dataclass(frozen=True, slots=True)
class Guarded:
    """One guardrail: what it may lose, what it did, and whether that is shown."""

    label: str
    margin: str
    said: str
    standing: str
    tone: str
    mark: str
    n: int


@dataclass(frozen=True, slots=True)
class Found:
    """What was found of one dream; everything is empty while it is not judged."""

    verdict: str
    label: str
    tone: str
    mark: str
    primary: Figure | None
    figures: tuple[Figure, ...]
    guardrails: tuple[Guarded, ...]
    finalist_gain: float | None


def found_of(verdict: str, outcome: Mapping[str, Any]) -> Found:
    """Out of `Dream.verdict` and `Dream.outcome`."""
    label, tone, mark = VERDICTS[Verdict(verdict)] if verdict else ("Not judged", "", "○")
    judged: Mapping[str, Any] = outcome.get("judgement") or {}
    figures = tuple(_figure(one) for one in outcome.get("figures") or ())
    held_out = (judged.get("primary") or {}).get("held_out") or {}
    return Found(
        verdict=verdict,
        label=label,
        tone=tone,
        mark=mark,
        primary=next((one for one in figures if one.metric == outcome.get("primary")), None),
        figures=figures,
        guardrails=tuple(_guarded(one) for one in judged.get("guardrails") or ()),
        finalist_gain=held_out.get("gain"),
    )


def bars(figures: Sequence[Figure | None], *, least: float) -> list[Bar | None]:
    """Each figure's interval to one scale, in which nothing gained always shows; None where it has none."""
    known = [one for one in figures if one is not None and None not in (one.gain, one.low, one.high)]
    ends = [abs(float(value)) for one in known for value in (one.low, one.high) if value is not None]
    reach = max([least, 0.01, *ends])

    def x(value: float) -> float:
        return round(WIDTH / 2 + value / reach * (WIDTH / 2 - 2), 2)

    return [_bar(one, x, least) if one in known and one is not None else None for one in figures]


def shown(metric: Metric, value: float | None) -> str:
    """A mean in its own unit, as people read it; "" where it is not known."""
    if value is None:
        return ""
    if metric is Metric.DURATION:
        return f"{value:,.0f} ms"
    if metric is Metric.COST:
        return f"{value:.6f} USD"
    return f"{value:.2f}" if metric in (Metric.STARS, Metric.SIMILARITY, Metric.CONFIDENCE) else percent(value)


def spent_of(costs: Iterable[Decimal | None]) -> Decimal | None:
    """What is known of several costs together; None where nothing is."""
    known = [one for one in costs if one is not None]
    return sum(known, Decimal(0)) if known else None


def label_of(metric: str) -> str:
    return NAMES[Metric(metric)].capitalize()


def _bar(one: Figure, x: Any, least: float) -> Bar:
    return Bar(low=x(one.low), high=x(one.high), value=x(one.gain), zero=x(0.0), least=x(least))


def _figure(stored: Mapping[str, Any]) -> Figure:
    metric, gain, tested = Metric(stored["metric"]), stored.get("gain") or {}, stored.get("tested") or {}
    value = gain.get("value") if stored["n"] else None
    return Figure(
        metric=metric.value,
        label=label_of(metric.value),
        n=stored["n"],
        normal=shown(metric, stored.get("normal")),
        dream=shown(metric, stored.get("dream")),
        gain=value,
        low=gain.get("low"),
        high=gain.get("high"),
        said=better_or_worse(value) if value is not None else "",
        p=tested.get("p"),
        test=str(tested.get("name", "")),
    )


def _guarded(stored: Mapping[str, Any]) -> Guarded:
    standing, tone, mark = STANDINGS[stored["standing"]]
    gain, margin = stored.get("gain"), float(stored["margin"])
    return Guarded(
        label=label_of(stored["metric"]),
        margin=percent(margin),
        said="" if gain is None else better_or_worse(gain, beside=margin),
        standing=standing,
        tone=tone,
        mark=mark,
        n=stored["n"],
    )
