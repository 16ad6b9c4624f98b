"""Requests that are alike, found one after another in bounded memory. Pure.

A request joins the kind whose centre is nearest, if it is near enough, and begins a kind of its own otherwise. The centre is the
mean of its requests' directions, in which the last `MEMORY` count; so a kind follows what people come to ask.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Final
from uuid import UUID

import numpy as np
from numpy.typing import NDArray

Vectors = NDArray[np.float32]
MEMORY: Final = 200
"""Requests that a centre remembers."""
_CHUNK: Final = 256
TOLD: Final = 0.8
"""The share of each label's rows that find it again, from which on labels are kinds of their own."""


@dataclass(slots=True)
class Kind:
    """Requests that are alike: where their centre is, how many there were, and which joined just now (rows of the batch)."""

    centre: Vectors
    seen: int = 0
    id: UUID | None = None
    joined: list[int] = field(default_factory=list)

    def take(self, vector: Vectors, row: int) -> None:
        known = min(self.seen, MEMORY)
        mean = self.centre * known + vector
        self.centre = (mean / np.linalg.norm(mean)).astype(np.float32)
        self.seen += 1
        self.joined.append(row)


def sorted_into(kinds: list[Kind], vectors: Vectors, *, least: float) -> None:
    """Put each row of `vectors` (unit length) into the kind whose centre is nearest and at a cosine of `least` or more.

    Of equally near ones the first gets it; a new kind is appended for what fits none. Only the order of the rows matters.
    """
    for start in range(0, len(vectors), _CHUNK):
        _chunk(kinds, vectors[start : start + _CHUNK], start, least)


def _chunk(kinds: list[Kind], vectors: Vectors, start: int, least: float) -> None:
    known = len(kinds)
    centres = np.stack([one.centre for one in kinds]) if kinds else np.zeros((0, vectors.shape[1]), np.float32)
    best, cosines = _nearest(centres, vectors)
    for row, vector in enumerate(vectors):
        place, cosine = int(best[row]), float(cosines[row])
        for number in range(known, len(kinds)):
            near = float(kinds[number].centre @ vector)
            if near > cosine:
                place, cosine = number, near
        if place < 0 or cosine < least:
            kinds.append(Kind(vector))
            place = len(kinds) - 1
        kinds[place].take(vector, start + row)


def _nearest(centres: Vectors, vectors: Vectors) -> tuple[NDArray[np.int64], Vectors]:
    if not len(centres):
        return np.full(len(vectors), -1), np.full(len(vectors), -1.0, np.float32)
    products = vectors @ centres.T
    best = products.argmax(axis=1)
    return best, products[np.arange(len(vectors)), best]


def told_apart(vectors: Vectors, labels: Sequence[Hashable]) -> bool:
    """Whether the labels are kinds of their own: by the centre of each label alone, nearly every row finds its own again.

    Where two systems do requests of the very same kind, the requests do not tell them apart.
    """
    names = list(dict.fromkeys(labels))
    if len(names) < 2:
        return False
    own = np.array([names.index(one) for one in labels])
    centres = np.stack([vectors[own == n].mean(axis=0) for n in range(len(names))])
    centres /= np.linalg.norm(centres, axis=1, keepdims=True)
    found = (vectors @ centres.T).argmax(axis=1)
    return bool(min((found[own == n] == n).mean() for n in range(len(names))) >= TOLD)


def middle(vectors: Vectors) -> Vectors:
    """The direction in the middle of these."""
    mean = vectors.mean(axis=0)
    return np.asarray(mean / np.linalg.norm(mean), dtype=np.float32)


def most_typical(centre: Vectors, vectors: Vectors) -> int:
    """The row nearest to the centre, of equally near ones the first."""
    return int(np.round(vectors @ centre, 6).argmax())


def overflowing(seen: Sequence[int], last: Sequence[float], *, most: int, least: int) -> Iterator[int]:
    """Which kinds to forget so that `most` are left: those below `least` that were longest not asked for, then the others."""
    order = sorted(range(len(seen)), key=lambda n: (seen[n] >= least, last[n]))
    yield from order[: max(0, len(seen) - most)]
