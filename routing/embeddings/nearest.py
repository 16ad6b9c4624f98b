"""The nearest vectors by cosine, exactly, in memory. Pure; what tests and small sets need where the database is not at hand."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from routing.embeddings.embedder import Vectors

# Products that differ by less are equal: a row's last bit depends on where it stands in the matrix.
PLACES = 6


@dataclass(frozen=True, slots=True)
class Near:
    """`place` is the row, `cosine` from −1 to 1."""

    place: int
    cosine: float


def nearest(query: Vectors, rows: Vectors, *, most: int) -> list[Near]:
    """The `most` rows nearest to `query`, nearest first, of equally near ones the earlier first; all have unit length."""
    cosines = np.round(rows @ query, PLACES)
    if len(cosines) > 4 * most > 0:
        least = np.partition(cosines, len(cosines) - most)[len(cosines) - most]
        places = np.flatnonzero(cosines >= least)
    else:
        places = np.arange(len(cosines))
    order = places[np.argsort(-cosines[places], kind="stable")][: max(0, most)]
    return [Near(int(place), float(cosines[place])) for place in order]
