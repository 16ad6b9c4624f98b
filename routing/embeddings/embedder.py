"""What an embedder is, and how a text reaches one. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

Vectors = NDArray[np.float32]

# A sentence model reads 254 pieces of words, about 1,000 characters; the rest of a long text would be cut up for nothing.
MOST_CHARACTERS = 16_384


class Embedder(Protocol):
    """Turns texts into vectors. Safe to use from several threads."""

    @property
    def model(self) -> str:
        """The model's family and what pins its numbers, such as `all-MiniLM-L6-v2@53aa51172d14`; kept beside each vector."""

    @property
    def dimensions(self) -> int:
        """How many numbers a vector has. A service may have to be asked, once, which raises as `embed` does."""

    def embed(self, texts: Sequence[str]) -> Vectors:
        """One row of unit length for each text, any number of texts, any text. Raises the errors of `errors`."""


def cleaned(text: str, *, most: int = MOST_CHARACTERS) -> str:
    """The text's beginning, with half characters (lone surrogates), which no model reads, as question marks."""
    return text[:most].encode("utf-8", "replace").decode("utf-8")


def written(vector: Vectors) -> str:
    """As pgvector reads it, number for number: nine digits tell every number of four bytes from every other."""
    return _written(np.asarray(vector, dtype=np.float32).tobytes())


@lru_cache(maxsize=32)
def _written(numbers: bytes) -> str:
    # a request's vector is compared with rules, with systems, and kept: three times the same text
    vector = np.frombuffer(numbers, dtype=np.float32).tolist()
    return f"[{','.join(['%.9g'] * len(vector)) % tuple(vector)}]"


def unit(vectors: NDArray[np.floating]) -> Vectors:
    """Each row brought to length 1. Raises ValueError for a row that has no direction or is not finite."""
    wide = np.asarray(vectors, dtype=np.float64)
    largest = np.abs(wide).max(axis=1, keepdims=True)
    if not np.all(np.isfinite(largest)) or not np.all(largest > 0):
        raise ValueError("A vector is zero or not finite.")
    wide = wide / largest
    return (wide / np.linalg.norm(wide, axis=1, keepdims=True)).astype(np.float32)
