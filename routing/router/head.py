"""A head: what was learned from many patterns about telling their labels apart. A regularised multinomial regression on the
sentence's vector and its words. Pure: the same patterns make the same head.

`fitted` learns, in seconds, and imports scipy; `Head.logits` needs numpy alone and some ten microseconds. A head knows only what
its patterns taught it: `scoring` weighs it with the nearest patterns, so that a rule written since is obeyed at once.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from routing.embeddings.embedder import Vectors
from routing.router import features

Floats = NDArray[np.float32]
Told = Callable[[str], None]

# What a vector and the words of a text weigh beside each other, how strongly weights are held small, and for how many steps is
# learned: more steps only fit the patterns themselves better (docs/routing.md).
VECTOR: Final = 10.0
WORDS: Final = 5.0
HELD: Final = 1.0
STEPS: Final = 40
MEMORY: Final = 6


@dataclass(frozen=True)
class Head:
    """`labels` in the order of the columns. `model`: whose vectors it knows. `weights` has a row for each number of a vector,
    `words` one for each place, `rare` says how rare each place is."""

    labels: tuple[str, ...]
    model: str
    bias: Floats
    weights: Floats
    words: Floats
    rare: Floats

    @cached_property
    def columns(self) -> dict[str, int]:
        return {label: column for column, label in enumerate(self.labels)}

    def logits(self, text: str, vector: Vectors) -> Floats:
        """How much speaks for each label."""
        places, counts = features.weighted(features.words_of(text), self.rare)
        by_vector: Floats = np.float32(VECTOR) * (vector @ self.weights)
        by_words: Floats = np.float32(WORDS) * (counts @ self.words[places])
        return np.asarray(self.bias + by_vector + by_words, dtype=np.float32)


def fitted(
    texts: Sequence[str], vectors: Vectors, labels: Sequence[str], *, model: str, told: Told | None = None
) -> Head:
    """A head for these patterns, each with its label. Takes as many numbers of memory as patterns times labels, a few times."""
    from scipy.optimize import minimize

    names, columns = np.unique(np.array(labels, dtype=object).astype(str), return_inverse=True)
    said = [features.words_of(text) for text in texts]
    rare = features.rarity(said)
    known, matrix = _matrix([features.weighted(one, rare) for one in said])
    parts: list[Any] = [vectors * np.float32(VECTOR), matrix * np.float32(WORDS)]
    sizes = [len(names), vectors.shape[1] * len(names), len(known) * len(names)]
    cost = _Cost(parts, columns, sizes)
    step = iter(range(1, STEPS + 1))
    found = minimize(
        cost,
        np.zeros(sum(sizes)),
        jac=True,
        method="L-BFGS-B",
        options={"maxiter": STEPS, "maxcor": MEMORY},
        callback=lambda _: told(f"learned {next(step, STEPS)} of {STEPS} steps") if told else None,
    )
    bias, weights, words = cost.split(found.x.astype(np.float32))
    spread = np.zeros((features.PLACES, len(names)), dtype=np.float32)
    spread[known] = words
    return Head(tuple(names.tolist()), model, bias[0], weights, spread, rare)


def _matrix(texts: Sequence[features.Words]) -> tuple[NDArray[np.intp], Any]:
    """The places that occur, and the texts as a sparse matrix over those."""
    from scipy.sparse import csr_matrix

    ends = np.cumsum([0, *(len(places) for places, _ in texts)])
    places = np.concatenate([places for places, _ in texts])
    known, columns = np.unique(places, return_inverse=True)
    counts = np.concatenate([counts for _, counts in texts])
    return known, csr_matrix((counts, columns, ends), shape=(len(texts), max(1, len(known))))


class _Cost:
    """What is made small: how wrong the weights are about the patterns, and how large they are; with its slope."""

    def __init__(self, parts: Sequence[Any], columns: NDArray[np.intp], sizes: Sequence[int]) -> None:
        self.parts, self.columns, self.sizes = parts, columns, sizes
        self.rows = np.arange(len(columns))
        self.flipped = [part.T.tocsr() if hasattr(part, "tocsr") else part.T for part in parts]

    def split(self, flat: Floats) -> list[Floats]:
        cuts = np.cumsum(self.sizes)[:-1]
        return [part.reshape(-1, self.sizes[0]) for part in np.split(flat, cuts)]

    def __call__(self, flat: NDArray[np.float64]) -> tuple[float, NDArray[np.float64]]:
        bias, *weights = self.split(flat.astype(np.float32))
        spoken = bias + sum(part @ weight for part, weight in zip(self.parts, weights, strict=True))
        spoken -= spoken.max(axis=1, keepdims=True)
        chance = np.exp(spoken)
        total = chance.sum(axis=1, keepdims=True)
        cost = float(np.log(total).sum() - spoken[self.rows, self.columns].sum())
        chance /= total
        chance[self.rows, self.columns] -= 1
        slopes = [chance.sum(axis=0)]
        for flipped, weight in zip(self.flipped, weights, strict=True):
            cost += HELD / 2 * float((weight * weight).sum())
            slopes.append((flipped @ chance + HELD * weight).ravel())
        return cost, np.concatenate(slopes).astype(np.float64)
