"""How well labelled requests find their way by rules made of others: what `tars route-eval` tells. Pure.

The requests are scored by `scoring.judged`, as live ones are. The threshold comes from requests that are not in the test: those
of the validation, else a fifth of the training file that is held out from the rules it is judged by.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from routing.embeddings.embedder import Embedder, Vectors
from routing.router.head import Told
from routing.router.obeyed import THRESHOLD
from routing.router.scoring import Trained, judged
from routing.router.training import Patterns, Trial, trained, tried_on

OUT_OF_SCOPE: Final = "oos"
IN_SCOPE_FOR_ONE: Final = 8
"""A threshold is best where most is answered rightly if eight requests in scope come for one out of it."""
TURNED_AWAY: Final = 0.005
"""In scope, where nobody shows a request out of scope by which more could be justified."""


@dataclass(frozen=True, slots=True)
class Row:
    """A request and where it belongs."""

    text: str
    label: str


@dataclass(frozen=True, slots=True)
class Judgement:
    """The best label for a request, how sure that is, and the right one."""

    best: str
    confidence: float
    label: str

    @property
    def is_right(self) -> bool:
        return self.best == self.label


@dataclass(frozen=True, slots=True)
class Figures:
    """`accuracy`: in scope, of those the share that reached its label above the threshold. None: no request to measure it by."""

    accuracy: float | None
    oos_precision: float | None
    oos_recall: float | None
    threshold: float
    p50_ms: float
    p95_ms: float
    n: int

    def as_json(self) -> dict[str, Any]:
        return {
            "accuracy": self.accuracy,
            "oos_precision": self.oos_precision,
            "oos_recall": self.oos_recall,
            "threshold": self.threshold,
            "latency_ms": {"p50": self.p50_ms, "p95": self.p95_ms},
            "n": self.n,
        }


@dataclass(frozen=True)
class Scratch:
    """Rules that stand nowhere but here, and their head."""

    patterns: Patterns
    trained: Trained | None

    def judge(self, row: Row, vector: Vectors) -> Judgement:
        """What the router would answer."""
        found = judged(
            self.patterns.near(vector), model=self.patterns.model, text=row.text, vector=vector, trained=self.trained
        )
        best = max(found, key=lambda label: found[label])
        return Judgement(best, found[best], row.label)

    def judge_all(self, rows: Sequence[Row], vectors: Vectors) -> list[Judgement]:
        return [self.judge(row, vector) for row, vector in zip(rows, vectors, strict=True)]


@dataclass(frozen=True)
class Prepared:
    """Rules and the threshold that was chosen for them."""

    scratch: Scratch
    threshold: float


def prepared(train: Sequence[Row], validation: Sequence[Row], *, embedder: Embedder, told: Told) -> Prepared:
    """Rules of the training file, and the threshold that is best for the validation, else for what is held out of the rules."""
    rules = [row for row in _once(train) if row.label != OUT_OF_SCOPE]
    odd = [row for row in (*train, *validation) if row.label == OUT_OF_SCOPE]
    known = [row for row in validation if row.label != OUT_OF_SCOPE]
    patterns = Patterns(
        texts=tuple(row.text for row in rules),
        vectors=_embedded(rules, embedder, told, "rules"),
        labels=tuple(row.label for row in rules),
        model=embedder.model,
    )
    trial = tried_on(patterns, told=told)
    scratch = Scratch(patterns, trained(patterns, told=told, trial=trial))
    odd_vectors = _embedded(odd, embedder, told, "requests out of scope")
    if known:
        seen = scratch.judge_all(known, _embedded(known, embedder, told, "requests of the validation"))
        return Prepared(scratch, threshold_for(seen, scratch.judge_all(odd, odd_vectors)))
    if trial is None:
        return Prepared(scratch, THRESHOLD)
    return Prepared(scratch, _by_trial(trial, odd, odd_vectors))


def threshold_for(inside: Sequence[Judgement], outside: Sequence[Judgement]) -> float:
    """The threshold by which most would be answered rightly if `IN_SCOPE_FOR_ONE` requests in scope came for one out of it, half
    way to the next below; without any out of scope the one that turns `TURNED_AWAY` of the others away."""
    if not outside:
        return _floor(float(np.quantile([one.confidence for one in inside], TURNED_AWAY, method="lower")))
    cuts = np.unique([0.0, *(one.confidence for one in (*inside, *outside)), 1.0])
    right = np.sort([one.confidence for one in inside if one.is_right])
    odd = np.sort([one.confidence for one in outside])
    kept = 1 - np.searchsorted(right, cuts) / max(1, len(right))
    worth = IN_SCOPE_FOR_ONE * kept * len(right) / len(inside) + np.searchsorted(odd, cuts) / len(odd)
    best = int(worth.argmax())
    return round(float(cuts[max(0, best - 1)] + cuts[best]) / 2, 4)


def measured(
    made: Prepared, test: Sequence[Row], *, embedder: Embedder, clock: Callable[[], float], told: Told
) -> Figures:
    """The figures of the test, its requests asked one by one as live ones come. `clock` counts seconds."""
    found, times = [], []
    for place, row in enumerate(test):
        begun = clock()
        found.append(made.scratch.judge(row, embedder.embed([row.text])[0]))
        times.append((clock() - begun) * 1000)
        if place % 500 == 499:
            told(f"asked {place + 1:,} of {len(test):,} requests")
    return _figures(found, times, made.threshold)


def _figures(found: Sequence[Judgement], times: Sequence[float], threshold: float) -> Figures:
    inside = [one for one in found if one.label != OUT_OF_SCOPE]
    turned = [one for one in found if one.confidence < threshold]
    odd = sum(one.label == OUT_OF_SCOPE for one in turned)
    right = sum(one.is_right and one.confidence >= threshold for one in inside)
    p50, p95 = np.quantile(times, (0.5, 0.95))
    return Figures(
        accuracy=_share(right, len(inside)),
        oos_precision=_share(odd, len(turned)),
        oos_recall=_share(odd, len(found) - len(inside)),
        threshold=threshold,
        p50_ms=round(float(p50), 3),
        p95_ms=round(float(p95), 3),
        n=len(found),
    )


def _by_trial(trial: Trial, odd: Sequence[Row], odd_vectors: Vectors) -> float:
    scratch, aside = Scratch(trial.rest, trial.trained), trial.aside
    rows = [Row(text, label) for text, label in zip(aside.texts, aside.labels, strict=True)]
    return threshold_for(scratch.judge_all(rows, aside.vectors), scratch.judge_all(odd, odd_vectors))


def _once(rows: Sequence[Row]) -> list[Row]:
    """A pattern stands once among rules; the first of a text counts."""
    first: dict[str, Row] = {}
    for row in rows:
        first.setdefault(row.text, row)
    return list(first.values())


def _embedded(rows: Sequence[Row], embedder: Embedder, told: Told, what: str, *, step: int = 512) -> Vectors:
    found = np.zeros((len(rows), embedder.dimensions), dtype=np.float32)
    for start in range(0, len(rows), step):
        found[start : start + step] = embedder.embed([row.text for row in rows[start : start + step]])
        told(f"embedded {min(len(rows), start + step):,} of {len(rows):,} {what}")
    return found


def _share(part: int, whole: int) -> float | None:
    return round(part / whole, 4) if whole else None


def _floor(value: float) -> float:
    return int(value * 10_000) / 10_000
