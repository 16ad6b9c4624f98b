"""How like two answers are, 0 to 1: 1 for the same bytes, else the cosine of what the tenant's embedder makes of their words."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

import numpy as np

from routing.embeddings.embedder import Embedder
from routing.rehearsal.shapes import Ran

MOST_CHARACTERS: Final = 2_000
"""Of an answer's words no more are compared: embedders read no further."""


@dataclass(slots=True)
class Likeness:
    """Remembers what it compared: answers repeat."""

    embedder: Embedder
    _vectors: dict[str, np.ndarray] = field(default_factory=dict)

    def of(self, normal: Ran, dream: Ran) -> float | None:
        """None where a side gave no answer to compare."""
        if not (normal.text and dream.text):
            return None
        if normal.output_digest == dream.output_digest:
            return 1.0
        first, second = self._vector(normal.text), self._vector(dream.text)
        return float(np.clip(first @ second, 0.0, 1.0))

    def _vector(self, text: str) -> np.ndarray:
        said = text[:MOST_CHARACTERS]
        found = self._vectors.get(said)
        if found is None:
            found = self.embedder.embed([said])[0]
            length = float(np.linalg.norm(found))
            found = found / length if length else found
            self._vectors[said] = found
        return found
