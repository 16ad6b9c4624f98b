"""An embedder at any address that speaks OpenAI's `/embeddings`: a vendor, or a server of your own (vLLM, llama.cpp, Ollama).

Calls go through `governance.outbound`: no private address unless the operator names it, no redirect, a deadline, an answer cap.
INVARIANT: neither the key, nor a text, nor a word of the service's answer reaches an error or a log; a refusal names its status.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from threading import Lock
from urllib.parse import urlsplit

import numpy as np

from governance.outbound import call
from routing.embeddings.answers import NotVectors, most_bytes, question, vectors_of
from routing.embeddings.embedder import Vectors
from routing.embeddings.errors import EmbedderFailed

BATCH = 32
DEADLINE = 10.0
_HINTS = {
    400: "It refuses the request: look at TARS_EMBEDDER_MODEL and TARS_EMBEDDER_DIMENSIONS.",
    401: "It refuses the key: look at TARS_EMBEDDER_KEY.",
    403: "It refuses the key: look at TARS_EMBEDDER_KEY.",
    404: "It knows no such address or model: look at TARS_EMBEDDER_URL and TARS_EMBEDDER_MODEL.",
    429: "It has had too many requests, or the account is empty. Try again later.",
}


@dataclass(frozen=True, slots=True)
class Service:
    """Where to ask. `url` is the base, such as `https://api.openai.com/v1`; `dimensions` 0 takes what the model gives."""

    url: str
    model: str
    key: str = field(default="", repr=False)
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
        headers = {"content-type": "application/json", "accept": "application/json"}
        if service.key:
            headers["authorization"] = f"Bearer {service.key}"
        body = question(texts, model=service.model, dimensions=service.dimensions)
        url = f"{service.url.rstrip('/')}/embeddings"
        answer = call("POST", url, content=body, headers=headers, deadline=DEADLINE, most=most_bytes(len(texts)))
        if answer.status != 200:
            hint = _HINTS.get(answer.status, "Try again later, or look at the service.")
            raise EmbedderFailed(f"The embedding service answered {answer.status}. {hint}")
        if answer.is_cut:
            raise EmbedderFailed("The embedding service's answer is longer than its vectors can be.")
        try:
            return vectors_of(answer.body, count=len(texts), dimensions=due)
        except NotVectors as error:
            raise EmbedderFailed(f"The embedding service's answer cannot be used: {error}.") from None
