"""A writer at any address that speaks OpenAI's `/chat/completions`."""

from __future__ import annotations

import time

from governance.model_services import Service, refused
from governance.outbound import Answer, TooLate
from routing.writing.answers import LIMITS, MOST_BYTES, NotWords, question, said_of
from routing.writing.errors import WriterFailed
from routing.writing.writer import Asked, Said


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
            raise WriterFailed(f"The writing service {refused(answer.status, setting='TARS_WRITER')}")
        if answer.is_cut:
            raise WriterFailed("The writing service's answer is longer than any text that was asked for.")
        try:
            return said_of(answer.body)
        except NotWords as error:
            raise WriterFailed(f"The writing service's answer cannot be used: {error}.") from None

    def _called(self, asked: Asked, limit: str, *, ends: float) -> Answer:
        left = ends - time.monotonic()
        if left <= 0:
            raise TooLate("The writing service had no time left.")
        body = question(asked, model=self._service.model, limit=limit)
        return self._service.asked("chat/completions", body, deadline=left, most=MOST_BYTES)
