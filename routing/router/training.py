"""When a head is worth learning, and what its evidence means: a fifth of the patterns is held out, and a head of the others says
how sure it is of those. Pure: which are held out follows from their words."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Final
from zlib import crc32

import numpy as np

from routing.embeddings.embedder import Vectors
from routing.embeddings.nearest import nearest
from routing.router.head import Head, Told, fitted
from routing.router.scoring import Near, Trained, evidences

LEAST: Final = 300
"""Patterns below which the nearest ones say as much."""
LEAST_EACH: Final = 10
"""Patterns for each label, on average, below which there is nothing to learn from."""
MOST_LABELS: Final = 400
MOST_CELLS: Final = 20_000_000
"""Patterns times labels: what bounds time and memory."""
LOOKED_AT: Final = 16
"""Nearest rules that are looked at, live and when learning."""
EVERY: Final = 5
TURNED_AWAY: Final = 0.05
SPREAD: Final = 4.0
"""Between `Trained.low` and `middle` at least: patterns that are all alike would make sure of everything or of nothing."""


@dataclass(frozen=True)
class Patterns:
    """What rules teach: texts, their vectors of unit length, and the label of each."""

    texts: tuple[str, ...]
    vectors: Vectors
    labels: tuple[str, ...]
    model: str

    def only(self, places: Iterable[int]) -> Patterns:
        """These rows."""
        rows = list(places)
        texts, labels = ([values[row] for row in rows] for values in (self.texts, self.labels))
        return replace(self, texts=tuple(texts), vectors=self.vectors[rows], labels=tuple(labels))

    def near(self, vector: Vectors, *, most: int = LOOKED_AT) -> list[Near]:
        """The nearest patterns, nearest first."""
        return [Near(self.labels[one.place], one.cosine) for one in nearest(vector, self.vectors, most=most)]


@dataclass(frozen=True)
class Trial:
    """Patterns held out (`aside`), and what the `rest` taught."""

    rest: Patterns
    aside: Patterns
    trained: Trained | None


def is_enough(rules: int, labels: int) -> bool:
    """Whether so many patterns of so many labels carry a head, and one that is not too large."""
    return rules >= max(LEAST, LEAST_EACH * labels) and 2 <= labels <= MOST_LABELS and rules * labels <= MOST_CELLS


def trained(patterns: Patterns, *, told: Told | None = None, trial: Trial | None = None) -> Trained | None:
    """A head for these patterns, `trial` being their trial where it was made before; None where there is no trial."""
    tried = trial or tried_on(patterns, told=told)
    return replace(tried.trained, head=_head(patterns, told)) if tried and tried.trained else None


def tried_on(patterns: Patterns, *, told: Told | None = None) -> Trial | None:
    """A fifth held out and a head of the rest, without one where there are too few patterns or too many kinds; None where
    nothing can be held out."""
    aside, others = held_out(patterns)
    rest, asked = patterns.only(others), patterns.only(aside)
    if not aside:
        return None
    return Trial(
        rest,
        asked,
        _meant(_head(rest, told), rest, asked) if is_enough(len(patterns.labels), len(set(patterns.labels))) else None,
    )


def held_out(patterns: Patterns) -> tuple[list[int], list[int]]:
    """Every fifth pattern of each label, in an order that follows from the words alone; and the others."""
    seen: Counter[str] = Counter()
    aside: list[int] = []
    others: list[int] = []
    for place in sorted(range(len(patterns.texts)), key=lambda one: _order(patterns.texts[one])):
        label = patterns.labels[place]
        seen[label] += 1
        (others if seen[label] % EVERY else aside).append(place)
    return sorted(aside), sorted(others)


def _meant(head: Head, rest: Patterns, aside: Patterns) -> Trained:
    """The head of `rest` with what its evidence about `aside` means."""
    found = np.array([_best(head, rest, text, vector) for text, vector in zip(aside.texts, aside.vectors, strict=True)])
    low, middle = (float(one) for one in np.quantile(found, (TURNED_AWAY, 0.5)))
    return Trained(head, low=low, middle=max(middle, low + SPREAD))


def _head(patterns: Patterns, told: Told | None) -> Head:
    return fitted(patterns.texts, patterns.vectors, patterns.labels, model=patterns.model, told=told)


def _best(head: Head, rest: Patterns, text: str, vector: Vectors) -> float:
    return max(evidences(rest.near(vector), head=head, text=text, vector=vector).values())


def _order(text: str) -> tuple[int, str]:
    return crc32(text.encode("utf-8", "replace")), text
