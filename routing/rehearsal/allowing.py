"""What a dream may call, and how many calls of a system at once. Pure but for the count."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from threading import Condition
from typing import Final
from uuid import UUID

from routing.connectors import ways

EVERY: Final = 0.25
"""Seconds after which a dream that waits for its turn looks again at what live requests take."""
_dreaming: Counter[UUID] = Counter()
_changed = Condition()


class NoTurn(Exception):
    """Live requests took all the agent's turns until the dream's time was over."""


def refusal(*, system: str, kind: str, simulates: bool, tool: str, reading: Collection[str]) -> str:
    """Why a dream may not call this, as a sentence; "" where it may. `reading`: approved tools that say they change nothing."""
    if simulates:
        return ""
    if kind not in ways.WITH_TOOLS:
        return f"{system} describes no tools that only read, and does not say that it simulates in dreams."
    if tool in reading:
        return ""
    return f"{tool} writes, and {system} does not say that it simulates in dreams."


def has_room(*, most: int, live: int, dreaming: int) -> bool:
    """Whether one more dream may call: one turn is always left to live requests, where the agent takes more than one."""
    return live + dreaming < max(1, most - 1)


@contextmanager
def turn(connector_id: UUID, *, most: int, live: Callable[[], int], seconds: float) -> Iterator[None]:
    """Hold a turn of this process's dreams. `live` counts requests that are at work there now. Raises `NoTurn`.

    HAZARD: dreams of other processes are not counted; one worker dreams at a time.
    """
    waited = 0.0
    while not _taken(connector_id, most=most, live=live()):
        if waited >= seconds:
            raise NoTurn
        with _changed:
            _changed.wait(EVERY)
        waited += EVERY
    try:
        yield
    finally:
        with _changed:
            _dreaming[connector_id] -= 1
            _changed.notify_all()


def _taken(connector_id: UUID, *, most: int, live: int) -> bool:
    with _changed:
        if not has_room(most=most, live=live, dreaming=_dreaming[connector_id]):
            return False
        _dreaming[connector_id] += 1
        return True
