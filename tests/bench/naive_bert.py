"""The peer of the embedder's bench: the same model as one would first write it in numpy, tokens first, padded, weights copied."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from tokenizers import Tokenizer

from routing.embeddings import files, minilm

Floats = NDArray[np.float32]


class NaiveBert:
    """all-MiniLM-L6-v2 with every weight transposed and copied, one padded batch a call."""

    def __init__(self) -> None:
        folder = minilm.installed_at()
        assert folder is not None
        weights = files.tensors(folder / minilm.WEIGHTS, sha256=minilm.SHA256)
        self.w = {
            name: np.ascontiguousarray(each.T if each.ndim == 2 and "embeddings" not in name else each)
            for name, each in weights.items()
        }
        self.tokenizer = Tokenizer.from_file(str(folder / minilm.TOKENIZER))
        self.tokenizer.enable_truncation(256)
        self.tokenizer.enable_padding()

    def embed(self, texts: Sequence[str]) -> Floats:
        encoded = self.tokenizer.encode_batch(list(texts))
        ids, mask = np.array([each.ids for each in encoded]), np.array([each.attention_mask for each in encoded])
        e, length = "embeddings.", ids.shape[1]
        x = self.w[e + "word_embeddings.weight"][ids] + self.w[e + "position_embeddings.weight"][:length]
        x = self.normed(x + self.w[e + "token_type_embeddings.weight"][0], e + "LayerNorm")
        hidden = ((1 - mask) * -1e4).astype("f4")[:, None, None, :]
        for layer in range(6):
            x = self.layer(x, f"encoder.layer.{layer}.", hidden)
        kept = mask[:, :, None].astype("f4")
        means = (x * kept).sum(1) / kept.sum(1)
        return means / np.linalg.norm(means, axis=1, keepdims=True)

    def layer(self, x: Floats, p: str, hidden: Floats) -> Floats:
        count, length, _ = x.shape
        parts = (self.linear(x, f"{p}attention.self.{name}") for name in ("query", "key", "value"))
        q, k, v = (part.reshape(count, length, 12, 32).transpose(0, 2, 1, 3) for part in parts)
        scores = q @ k.transpose(0, 1, 3, 2) * np.float32(32**-0.5) + hidden
        scores = np.exp(scores - scores.max(-1, keepdims=True))
        scores /= scores.sum(-1, keepdims=True)
        seen = (scores @ v).transpose(0, 2, 1, 3).reshape(count, length, -1)
        x = self.normed(x + self.linear(seen, p + "attention.output.dense"), p + "attention.output.LayerNorm")
        wide = self.linear(x, p + "intermediate.dense")
        wide = 0.5 * wide * (1 + erf(wide * np.float32(2**-0.5)))
        return self.normed(x + self.linear(wide, p + "output.dense"), p + "output.LayerNorm")

    def linear(self, x: Floats, name: str) -> Floats:
        return x @ self.w[name + ".weight"] + self.w[name + ".bias"]

    def normed(self, x: Floats, name: str) -> Floats:
        x = x - x.mean(-1, keepdims=True)
        x = x / np.sqrt((x * x).mean(-1, keepdims=True) + np.float32(1e-12))
        return x * self.w[name + ".weight"] + self.w[name + ".bias"]


def erf(x: Floats) -> Floats:
    """Abramowitz and Stegun 7.1.26."""
    sign, x = np.sign(x), np.abs(x)
    t = 1 / (1 + np.float32(0.3275911) * x)
    tail = np.float32(1.061405429) * t
    for number in (-1.453152027, 1.421413741, -0.284496736, 0.254829592):
        tail = (tail + np.float32(number)) * t
    return sign * (1 - tail * np.exp(-x * x))
