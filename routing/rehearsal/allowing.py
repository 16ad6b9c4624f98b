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


class Slots:
    """Turns that other processes' dreams take too. This one knows of no others: what a single process needs."""

    def take(self, connector_id: UUID, *, among: int) -> int | None:
        """The key of one of the first `among` turns of this agent that nobody has, taken; None where all are taken."""
        return 0

    def give(self, key: int) -> None:
        """Give the turn of this key back, in the thread that took it."""


def room(*, most: int, live: int) -> int:
    """How many dreams may call at once: one turn is always left to live requests, where the agent takes more than one."""
    return max(0, max(1, most - 1) - live)


@contextmanager
def turn(connector_id: UUID, *, most: int, live: Callable[[], int], seconds: float, slots: Slots) -> Iterator[None]:
    """Hold a turn of an agent for one call of a dream. `live` counts requests that are at work there now; `slots` are what all
    processes share: together, their dreams never take more turns than one of them might. Raises `NoTurn`.
    """
    waited = 0.0
    while (key := _taken(connector_id, among=room(most=most, live=live()), slots=slots)) is None:
        if waited >= seconds:
            raise NoTurn
        with _changed:
            _changed.wait(EVERY)
        waited += EVERY
    try:
        yield
    finally:
        try:
            slots.give(key)
        finally:
            _given_back(connector_id)


def _taken(connector_id: UUID, *, among: int, slots: Slots) -> int | None:
    with _changed:
        if _dreaming[connector_id] >= among:
            return None
        _dreaming[connector_id] += 1
    try:
        key = slots.take(connector_id, among=among)
    except BaseException:
        _given_back(connector_id)
        raise
    if key is None:
        _given_back(connector_id)
    return key


def _given_back(connector_id: UUID) -> None:
    with _changed:
        _dreaming[connector_id] -= 1
        _changed.notify_all()
