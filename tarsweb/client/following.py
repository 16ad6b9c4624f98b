"""Following a request: asked often while something happens, seldom while nothing does."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from tarsweb.client.transport import Transport

FIRST_PAUSE: Final = 0.1
LONGEST_PAUSE: Final = 2.0
ENDS: Final = frozenset({"done", "awaiting_approval"})
OVER: Final = frozenset({"done", "dead", "cancelled"})
sleep = time.sleep


def follow(tars: Transport, path: str, *, seconds: float) -> Iterator[dict[str, Any]]:
    """Each answer that brings something new, until the request is done or waits for a person, or `seconds` are over."""
    until, after, known, pause = time.monotonic() + seconds, 0, "", FIRST_PAUSE
    while True:
        answer = tars.get(path, query={"after": str(after)}, known=known)
        if answer.status != 304:
            known, pause = answer.etag, FIRST_PAUSE
            yield answer.body
            if answer.body["stage"] in ENDS:
                return
            if answer.body["next"] != after:
                after, known = answer.body["next"], ""
        if time.monotonic() > until:
            return
        sleep(pause)
        pause = min(pause * 1.5, LONGEST_PAUSE)


def ended(tars: Transport, path: str, *, seconds: float) -> dict[str, Any]:
    """What a job says once it is over, or when `seconds` are."""
    until, pause = time.monotonic() + seconds, FIRST_PAUSE
    while True:
        job: dict[str, Any] = tars.get(path).body
        if job["state"] in OVER or time.monotonic() > until:
            return job
        sleep(pause)
        pause = min(pause * 1.5, LONGEST_PAUSE)
