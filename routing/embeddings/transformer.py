"""The forward pass of all-MiniLM-L6-v2 (BERT, 6 layers, 12 heads, 384 features) in plain numpy. Pure: arrays in, arrays out.

Texts are packed: the tokens of all of them stand side by side as the columns of one matrix, without padding, and only the
attention looks at one text at a time (texts of equal length together). So a text's vector depends on no other text.

HAZARD: features are rows and tokens are columns, the other way round than usual. A product is then `weight @ x` with the weight
as it lies in the file: nothing is transposed or copied, processes share the pages, and BLAS takes this form about 1.6 times
as fast for a short sentence as `x @ weight.T`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import groupby
from typing import Final

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]
Weights = Mapping[str, Floats]

LAYERS, HEADS, FEATURES = 6, 12, 384
HEAD = FEATURES // HEADS
# BLAS takes columns by the eight; a few empty ones cost less than an odd number.
ROUND = 8
# Products with so few columns go by so many rows: BLAS multiplies matrices as small as that where they lie, and copies larger
# ones first, which costs as much as the product. Every weight's rows divide by them.
ROWS: Final = {8: 48, 16: 24, 32: 12}
# So many numbers of the widest layer are bent at a time that they stay in the processor's cache.
BLOCK = 1 << 16
# A column's mean as a product: for a few columns in a third of the time of `mean`.
_MEAN: Final = np.full((1, FEATURES), 1 / FEATURES, dtype=np.float32)


def sentence_vectors(weights: Weights, texts: Sequence[Sequence[int]]) -> Floats:
    """One row of unit length for each text, given as token ids (1 to 512 of them, special ones included),
    those of one length side by side."""
    spans = list(_spans(texts))
    x = _looked_up(weights, texts)
    for number in range(LAYERS):
        x = _layer(_Named(weights, f"encoder.layer.{number}."), x, spans)
    means = np.concatenate([x[:, a:b].reshape(FEATURES, count, -1).mean(axis=2) for a, b, count in spans], axis=1).T
    return np.ascontiguousarray(means / np.linalg.norm(means, axis=1, keepdims=True))


def _spans(texts: Sequence[Sequence[int]]) -> Iterator[tuple[int, int, int]]:
    """First column, end column and number of the texts of one length."""
    start = 0
    for length, group in groupby(len(text) for text in texts):
        count = len(list(group))
        yield start, start + count * length, count
        start += count * length


def _looked_up(weights: Weights, texts: Sequence[Sequence[int]]) -> Floats:
    named = _Named(weights, "embeddings.")
    tokens = [token for text in texts for token in text]
    places = [place for text in texts for place in range(len(text))]
    empty = [0] * (-len(tokens) % ROUND)
    words = named["word_embeddings.weight"][tokens + empty]
    words += named["position_embeddings.weight"][places + empty]
    words += named["token_type_embeddings.weight"][0]
    return _normed(named, "LayerNorm", np.ascontiguousarray(words.T))


class _Named:
    """The weights under one prefix."""

    def __init__(self, weights: Weights, prefix: str) -> None:
        self.weights, self.prefix = weights, prefix

    def __getitem__(self, name: str) -> Floats:
        return self.weights[self.prefix + name]


def _layer(named: _Named, x: Floats, spans: Sequence[tuple[int, int, int]]) -> Floats:
    seen = _linear(named, "attention.output.dense", _attended(named, x, spans))
    seen += x
    x = _normed(named, "attention.output.LayerNorm", seen)
    wide = _linear(named, "intermediate.dense", x)
    step = max(1, BLOCK // wide.shape[1])
    for row in range(0, len(wide), step):
        _gelu(wide[row : row + step])
    out = _linear(named, "output.dense", wide)
    out += x
    return _normed(named, "output.LayerNorm", out)


def _linear(named: _Named, name: str, x: Floats) -> Floats:
    weight = named[name + ".weight"]
    if rows := ROWS.get(x.shape[1]):
        y: Floats = (weight.reshape(-1, rows, weight.shape[1]) @ x).reshape(len(weight), -1)
    else:
        y = weight @ x
    y += named[name + ".bias"][:, None]
    return y


def _normed(named: _Named, name: str, x: Floats) -> Floats:
    """Each column brought to mean 0 and deviation 1, scaled and shifted; in place."""
    x -= _MEAN @ x
    spread = _MEAN @ np.square(x)
    spread += np.float32(1e-12)
    x /= np.sqrt(spread, out=spread)
    x *= named[name + ".weight"][:, None]
    x += named[name + ".bias"][:, None]
    return x


def _attended(named: _Named, x: Floats, spans: Sequence[tuple[int, int, int]]) -> Floats:
    query, key, value = (_linear(named, f"attention.self.{part}", x) for part in ("query", "key", "value"))
    seen = np.zeros_like(x)
    for start, end, count in spans:
        # (texts, heads, features of a head, tokens)
        q, k, v = (
            each[:, start:end].reshape(HEADS, HEAD, count, -1).transpose(2, 0, 1, 3) for each in (query, key, value)
        )
        # (texts, heads, tokens that are looked at, tokens that look)
        scores = k.swapaxes(2, 3) @ q
        scores *= np.float32(HEAD**-0.5)
        scores -= np.maximum.reduce(scores, axis=2, keepdims=True)
        np.exp(scores, out=scores)
        scores /= np.add.reduce(scores, axis=2, keepdims=True)
        seen[:, start:end] = (v @ scores).transpose(1, 2, 0, 3).reshape(FEATURES, -1)
    return seen


def _gelu(x: Floats) -> None:
    """x Φ(x), in place: max(x, 0) − |x| Q(|x|), with the tail Q as in Abramowitz and Stegun 7.1.26 (error below 1e-7)."""
    size = np.abs(x)
    t = size * np.float32(0.3275911 * 2**-0.5)
    t += 1
    np.reciprocal(t, out=t)
    tail = t * np.float32(1.061405429 / 2)
    for number in (-1.453152027, 1.421413741, -0.284496736, 0.254829592):
        tail += np.float32(number / 2)
        tail *= t
    np.multiply(size, size, out=t)
    t *= np.float32(-0.5)
    np.exp(t, out=t)
    tail *= t
    tail *= size
    np.maximum(x, 0, out=x)
    x -= tail
