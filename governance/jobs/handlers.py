"""What a kind of job does: higher slices register a handler, so that `jobs` runs what it does not know."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any, Protocol
from uuid import UUID

from governance.scope import Scope

if TYPE_CHECKING:
    from governance.jobs.models import Job


class Cancelled(Exception):
    """A person asked the job to stop. Let it through: what was committed stays, and the job ends as cancelled."""


class Superseded(Exception):
    """This attempt lost its lease and another has the job. Let it through: nothing more of this attempt is kept."""


class GiveUp(Exception):
    """Raised by a handler when no retry can help; its text is the sentence that people read."""


class Progress(Protocol):
    """How a handler says where it is, outside any transaction. Each call commits at once and renews the lease.

    Raises `Cancelled` when a person asked to stop, `Superseded` when another attempt has the job.
    """

    def __call__(self, done: int, total: int | None = None, message: str = "") -> None: ...


@dataclass(frozen=True, slots=True)
class Run:
    """One attempt: whose tenant (`scope` is TARS there), what was asked, and when it began. Runs outside any transaction."""

    job_id: UUID
    scope: Scope
    payload: dict[str, Any]
    attempt: int
    at: datetime
    progress: Progress


Handler = Callable[[Run], dict[str, Any]]
"""Does the work, idempotently, in transactions of its own, and returns the result to keep (JSON). `url` (a path inside TARS) and
`label` in it become the link that people follow to what was made. Work of more than five minutes calls `progress` in between."""
Listener = Callable[[Scope, "Job", datetime], None]
"""Told inside the transaction in which a job ends, as TARS of the job's tenant."""

_handlers: dict[str, Handler] = {}
_listeners: list[Listener] = []
_unstoppable: set[str] = set()


def register(kind: str, handler: Handler, *, can_stop: bool = True) -> None:
    """Say what runs jobs of `kind`; called from `AppConfig.ready`, again without harm. `can_stop`: whether a
    person may stop one."""
    _handlers[kind] = handler
    if not can_stop:
        _unstoppable.add(kind)


def can_stop(kind: str) -> bool:
    return kind not in _unstoppable


def handler_of(kind: str) -> Handler | None:
    return _handlers.get(kind)


def on_end(listener: Listener) -> None:
    """Be told of every job that ends; called from `AppConfig.ready`, again without harm."""
    if listener not in _listeners:
        _listeners.append(listener)


def listeners() -> tuple[Listener, ...]:
    return tuple(_listeners)
