"""When an agent that keeps failing is left alone, and for how long. Pure.

After `PATIENCE` failures in a row the breaker opens for 30 seconds. When that time is over it is half-open: one call is let
through. If that call fails too, it stays open twice as long as before, up to ten minutes; if it succeeds, all is as at first.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

PATIENCE: Final = 5
FIRST_WAIT: Final = timedelta(seconds=30)
LONGEST_WAIT: Final = timedelta(minutes=10)


class Position(StrEnum):
    CLOSED = "closed"
    OPEN = "open"
    HALF_OPEN = "half_open"
    """The time is over: the next call is let through, alone."""
    PROBING = "probing"
    """That call is under way, and nobody else is let through."""


@dataclass(frozen=True, slots=True)
class Breaker:
    """What is kept of it. `failures` in a row; `opened_at` None: closed; `probed_at`: since when the one call is under way."""

    failures: int = 0
    opened_at: datetime | None = None
    probed_at: datetime | None = None


def wait_of(failures: int) -> timedelta:
    """How long it stays open after so many failures in a row."""
    doublings = min(max(failures - PATIENCE, 0), 10)
    return min(FIRST_WAIT * 2**doublings, LONGEST_WAIT)


def opens_again_at(breaker: Breaker) -> datetime | None:
    """From when the next call is let through; None when every call is."""
    return None if breaker.opened_at is None else breaker.opened_at + wait_of(breaker.failures)


def position(breaker: Breaker, *, at: datetime, longest_call: timedelta) -> Position:
    """Where it stands. A probe that was not heard of for `longest_call` has died with its process."""
    until = opens_again_at(breaker)
    if until is None:
        return Position.CLOSED
    if at < until:
        return Position.OPEN
    if breaker.probed_at is not None and at < breaker.probed_at + longest_call:
        return Position.PROBING
    return Position.HALF_OPEN


def let_through(breaker: Breaker, *, at: datetime, longest_call: timedelta) -> Breaker | None:
    """The breaker after one more call was let through; None when it is not."""
    match position(breaker, at=at, longest_call=longest_call):
        case Position.CLOSED:
            return breaker
        case Position.HALF_OPEN:
            return replace(breaker, probed_at=at)
    return None


def succeeded(breaker: Breaker) -> Breaker:
    """The breaker after the agent answered."""
    return Breaker()


def failed(breaker: Breaker, *, at: datetime) -> Breaker:
    """The breaker after a call failed. A call that had begun before it opened tells nothing new."""
    if breaker.opened_at is not None and breaker.probed_at is None:
        return breaker
    failures = breaker.failures + 1
    return Breaker(failures=failures, opened_at=at if failures >= PATIENCE else None)


def gave_up(breaker: Breaker) -> Breaker:
    """The breaker after a call that says nothing about the agent: the next one may probe in its place."""
    return replace(breaker, probed_at=None)
