"""The protocol of OpenAI's `/embeddings`: what is asked, and what an answer must be to be believed. Pure."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

import numpy as np

from routing.embeddings.embedder import Vectors, cleaned, unit

# Within the 8,192 tokens that the usual services read, whatever the language.
MOST_CHARACTERS = 4_000
MOST_DIMENSIONS = 4_096


class NotVectors(ValueError):
    """The answer breaks the protocol; the message says how, in our own words."""


def question(texts: Sequence[str], *, model: str, dimensions: int) -> bytes:
    """The body that asks for the vectors of `texts`. Services refuse an empty text, so a full stop stands for it."""
    sent = [cleaned(text, most=MOST_CHARACTERS) for text in texts]
    asked: dict[str, Any] = {
        "model": model,
        "input": [text if text.strip() else "." for text in sent],
        "encoding_format": "float",
    }
    if dimensions:
        asked["dimensions"] = dimensions
    return json.dumps(asked).encode()


def most_bytes(count: int) -> int:
    """How long an answer with `count` vectors can be at most: 24 characters a number, and some words around them."""
    return 65_536 + count * MOST_DIMENSIONS * 24


def vectors_of(body: bytes, *, count: int, dimensions: int) -> Vectors:
    """The answer's vectors in the order of the texts, of unit length; `dimensions` 0 takes any. Raises `NotVectors`."""
    try:
        answer = json.loads(body)
    except (ValueError, RecursionError):
        raise NotVectors("its answer is no JSON") from None
    rows = answer.get("data") if isinstance(answer, dict) else None
    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        raise NotVectors("its answer has no list of vectors under `data`")
    if len(rows) != count:
        raise NotVectors(f"it gave {len(rows)} vectors for {count} texts")
    placed = {row["index"]: row.get("embedding") for row in rows if _is_place(row.get("index"), count)}
    if len(placed) != count:
        raise NotVectors("its vectors do not say which text they belong to (`index`)")
    return _matrix([placed[place] for place in range(count)], dimensions)


def _is_place(index: object, count: int) -> bool:
    return type(index) is int and 0 <= index < count


def _matrix(rows: Sequence[Any], dimensions: int) -> Vectors:
    if not all(isinstance(row, list) and all(type(number) in {int, float} for number in row) for row in rows):
        raise NotVectors("its vectors are no lists of numbers")
    lengths = {len(row) for row in rows}
    width = dimensions or min(lengths)
    if lengths != {width}:
        raise NotVectors(f"its vectors have {min(lengths)} to {max(lengths)} numbers where {width} are due")
    if not 0 < width <= MOST_DIMENSIONS:
        raise NotVectors(f"its vectors have {width} numbers; TARS keeps 1 to {MOST_DIMENSIONS}")
    try:
        return unit(np.array(rows, dtype=np.float64))
    except (ValueError, OverflowError):
        raise NotVectors("a vector is zero or not finite") from None
