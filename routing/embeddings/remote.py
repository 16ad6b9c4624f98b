"""An embedder at any address that speaks OpenAI's `/embeddings`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from threading import Lock
from urllib.parse import urlsplit

import numpy as np

from governance import model_services
from routing.embeddings.answers import NotVectors, most_bytes, question, vectors_of
from routing.embeddings.embedder import Vectors
from routing.embeddings.errors import EmbedderFailed

BATCH = 32
DEADLINE = 10.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Service(model_services.Service):
    """Where to ask; `dimensions` 0 takes what the model gives."""

    dimensions: int = 0

    @property
    def name(self) -> str:
        """The model's name with its host and, when it is asked for, the size: another server's model may differ."""
        size = f":{self.dimensions}" if self.dimensions else ""
        return f"{self.model}{size}@{urlsplit(self.url).netloc}"


class Remote:
    """An `Embedder`. Texts beyond 4,000 characters are known by their beginning."""

    def __init__(self, service: Service) -> None:
        self._service = service
        self._dimensions = service.dimensions
        self._asking = Lock()

    @property
    def model(self) -> str:
        return self._service.name

    @property
    def dimensions(self) -> int:
        """As set, or as the service's vectors have it (asked once). Raises as `embed` does."""
        with self._asking:
            if not self._dimensions:
                self._dimensions = self._asked(["."], due=0).shape[1]
        return self._dimensions

    def embed(self, texts: Sequence[str]) -> Vectors:
        """See `Embedder`. Raises `EmbedderFailed`, and `AddressRefused` and `NoAnswer` of `governance.outbound`."""
        due = self.dimensions
        found = np.empty((len(texts), due), dtype=np.float32)
        for start in range(0, len(texts), BATCH):
            found[start : start + BATCH] = self._asked(texts[start : start + BATCH], due=due)
        return found

    def _asked(self, texts: Sequence[str], *, due: int) -> Vectors:
        service = self._service
        body = question(texts, model=service.model, dimensions=service.dimensions)
        answer = service.asked("embeddings", body, deadline=DEADLINE, most=most_bytes(len(texts)))
        if answer.status != 200:
            said = model_services.refused(answer.status, setting="TARS_EMBEDDER", also=" and TARS_EMBEDDER_DIMENSIONS")
            raise EmbedderFailed(f"The embedding service {said}")
        if answer.is_cut:
            raise EmbedderFailed("The embedding service's answer is longer than its vectors can be.")
        try:
            return vectors_of(answer.body, count=len(texts), dimensions=due)
        except NotVectors as error:
            raise EmbedderFailed(f"The embedding service's answer cannot be used: {error}.") from None
