"""What words say that a sentence's vector does not: single words and pairs, hashed to places. Pure, the same in every process."""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Sequence
from itertools import pairwise
from typing import Final
from zlib import crc32

import numpy as np
from numpy.typing import NDArray

PLACES: Final = 1 << 14
MOST_WORDS: Final = 256
"""A longer text is known by its beginning, as the sentence model has it."""
_WORDS: Final = re.compile(r"\w+")

Words = tuple[NDArray[np.int32], NDArray[np.float32]]
"""Places, each once, and how much each counts."""


def words_of(text: str) -> Words:
    """The places of a text's words and pairs of neighbours; what is repeated counts less each time."""
    plain = unicodedata.normalize("NFKC", text[: MOST_WORDS * 64]).casefold()
    words = _WORDS.findall(plain)[:MOST_WORDS]
    pairs = [f"{one} {other}" for one, other in pairwise(["^", *words, "$"])]
    counted = Counter(crc32(feature.encode("utf-8", "replace")) % PLACES for feature in [*words, *pairs])
    places = np.fromiter(counted, dtype=np.int32, count=len(counted))
    counts = np.fromiter(counted.values(), dtype=np.float32, count=len(counted))
    return places, np.asarray(1 + np.log(counts), dtype=np.float32)


def rarity(texts: Sequence[Words]) -> NDArray[np.float32]:
    """For each place how rare it is among these texts; 0 where fewer than two have it: that teaches nothing about others."""
    seen = np.zeros(PLACES, dtype=np.int64)
    for places, _ in texts:
        seen[places] += 1
    rare = np.log((1 + len(texts)) / (1 + seen)) + 1
    return np.where(seen >= 2, rare, 0).astype(np.float32)


def weighted(words: Words, rare: NDArray[np.float32]) -> Words:
    """Only the places that are known, rare ones more, brought to length 1 together."""
    places, counts = words
    scaled = counts * rare[places]
    known = scaled > 0
    scaled = scaled[known]
    length = float(np.sqrt(scaled @ scaled))
    return places[known], scaled / length if length else scaled
