"""An embedder that remembers what it was asked lately: the same request routed, retried and shown is embedded once.

Texts are known by their digests: what people asked is not kept in memory, and a long text takes no more room than a short one.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Sequence
from hashlib import blake2b
from threading import Lock

import numpy as np

from routing.embeddings.embedder import Embedder, Vectors, cleaned

MOST = 1024
# A larger call is bulk work, which would push out what people ask.
BULK = 32


class Recent:
    """An `Embedder` in front of another."""

    def __init__(self, embedder: Embedder, *, most: int = MOST) -> None:
        self.embedder = embedder
        self._most = most
        self._kept: OrderedDict[bytes, Vectors] = OrderedDict()
        self._lock = Lock()

    @property
    def model(self) -> str:
        return self.embedder.model

    @property
    def dimensions(self) -> int:
        return self.embedder.dimensions

    def embed(self, texts: Sequence[str]) -> Vectors:
        """See `Embedder`; only texts that are not remembered reach the embedder behind."""
        if not texts or len(texts) > BULK:
            return self.embedder.embed(texts)
        keys = [blake2b(cleaned(text).encode(), digest_size=16).digest() for text in texts]
        known = self._known(keys)
        missing = {key: text for key, text in zip(keys, texts, strict=True) if key not in known}
        if missing:
            found = self.embedder.embed(list(missing.values()))
            # copies: a row of the answer would keep all of it in memory
            known.update(zip(missing, map(np.copy, found), strict=True))
            self._keep(known)
        return np.stack([known[key] for key in keys])

    def _known(self, keys: Sequence[bytes]) -> dict[bytes, Vectors]:
        with self._lock:
            known = {key: self._kept[key] for key in keys if key in self._kept}
            for key in known:
                self._kept.move_to_end(key)
        return known

    def _keep(self, found: dict[bytes, Vectors]) -> None:
        with self._lock:
            for key, vector in found.items():
                self._kept[key] = vector
                self._kept.move_to_end(key)
            while len(self._kept) > self._most:
                self._kept.popitem(last=False)
