"""An embedder without a model: texts are alike when they share words and parts of words. Pure, the same in every process.

Each word, and each run of three and four letters in it, is hashed to one of 384 places, with a sign; what a text repeats counts
less each time, and words that say little count little. It knows no synonyms: `pay` and `remunerate` are strangers.
"""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Iterator, Sequence
from zlib import crc32

import numpy as np
from numpy.typing import NDArray

from routing.embeddings.embedder import Vectors, cleaned, unit

DIMENSIONS = 384
# INVARIANT: whoever changes what a text's vector is changes this name, or kept vectors are compared with strangers.
NAME = f"lexical-{DIMENSIONS}@1"
WORD, PART, COMMON = 1.0, 0.5, 0.3
PARTS = (3, 4)
_WORDS = re.compile(r"\w+")
_COMMON = frozenset(
    _WORDS.findall(
        "a about an and are as at be by can could do does for from give had has have help how i in is it its me my of on or our "
        "please s should so t that the their them there these they this to us was we were what when where which who will with "
        "would you your"
    )
)


class Lexical:
    """An `Embedder`."""

    model = NAME
    dimensions = DIMENSIONS

    def embed(self, texts: Sequence[str]) -> Vectors:
        """See `Embedder`; never fails."""
        found = np.zeros((len(texts), DIMENSIONS))
        for row, text in zip(found, texts, strict=True):
            _fill(row, cleaned(text))
        return unit(found)


def _fill(row: NDArray[np.float64], text: str) -> None:
    plain = unicodedata.normalize("NFKC", text).casefold()
    for (feature, weight), count in Counter(_features(plain)).items():
        hashed = crc32(feature.encode())
        row[hashed % DIMENSIONS] += weight * count**0.5 * (1 if hashed >> 31 else -1)
    if not row.any():
        row[crc32(plain.strip().encode()) % DIMENSIONS] = 1


def _features(plain: str) -> Iterator[tuple[str, float]]:
    for word in _WORDS.findall(plain):
        scale = COMMON if word in _COMMON else 1.0
        yield word, WORD * scale
        bounded = f"<{word}>"
        for size in PARTS:
            for start in range(len(bounded) - size + 1):
                yield f"{size}:{bounded[start : start + size]}", PART * scale
