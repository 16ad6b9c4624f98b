"""A writer at any address that speaks OpenAI's `/chat/completions`: a vendor, or a server of your own (vLLM, llama.cpp, Ollama).

Calls go through `governance.outbound`: no private address unless the operator names it, no redirect, a deadline, an answer cap.
"""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from typing import Final
from urllib.parse import urlsplit

from governance.outbound import Answer, TooLate, call
from routing.writing.answers import LIMITS, MOST_BYTES, NotWords, question, said_of
from routing.writing.errors import WriterFailed
from routing.writing.writer import Asked, Said

_HINTS: Final = {
    400: "It refuses the request: look at TARS_WRITER_MODEL.",
    401: "It refuses the key: look at TARS_WRITER_KEY.",
    403: "It refuses the key: look at TARS_WRITER_KEY.",
    404: "It knows no such address or model: look at TARS_WRITER_URL and TARS_WRITER_MODEL.",
    429: "It has had too many requests, or the account is empty. Try again later.",
}


@dataclass(frozen=True, slots=True)
class Service:
    """Where to ask. `url` is the base, such as `https://api.openai.com/v1`."""

    url: str
    model: str
    key: str = field(default="", repr=False)

    @property
    def name(self) -> str:
        """The model's name with its host: another server's model may differ."""
        return f"{self.model}@{urlsplit(self.url).netloc}"


class Remote:
    """A `Writer`."""

    def __init__(self, service: Service) -> None:
        self._service = service

    @property
    def model(self) -> str:
        return self._service.name

    def write(self, asked: Asked, *, seconds: float) -> Said:
        """See `Writer`. A model that refuses one name of the limit is asked by its other name, once, in the same time."""
        ends = time.monotonic() + seconds
        answer = self._called(asked, LIMITS[0], ends=ends)
        if answer.status == 400:
            answer = self._called(asked, LIMITS[1], ends=ends)
        if answer.status != 200:
            hint = _HINTS.get(answer.status, "Try again later, or look at the service.")
            raise WriterFailed(f"The writing service answered {answer.status}. {hint}")
        if answer.is_cut:
            raise WriterFailed("The writing service's answer is longer than any text that was asked for.")
        try:
            return said_of(answer.body)
        except NotWords as error:
            raise WriterFailed(f"The writing service's answer cannot be used: {error}.") from None

    def _called(self, asked: Asked, limit: str, *, ends: float) -> Answer:
        service = self._service
        headers = {"content-type": "application/json", "accept": "application/json"}
        if service.key:
            headers["authorization"] = f"Bearer {service.key}"
        left = ends - time.monotonic()
        if left <= 0:
            raise TooLate("The writing service had no time left.")
        url = f"{service.url.rstrip('/')}/chat/completions"
        body = question(asked, model=service.model, limit=limit)
        return call("POST", url, content=body, headers=headers, deadline=left, most=MOST_BYTES)
