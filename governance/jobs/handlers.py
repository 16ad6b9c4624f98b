"""What a kind of job does: higher slices register a handler, so that `jobs` runs what it does not know."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol
from uuid import UUID

from governance.scope import Scope


class Progress(Protocol):
    """How a handler says where it is. Each call commits at once; it raises `Cancelled` when a person asked to stop."""

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
"""Does the work, idempotently, in transactions of its own, and returns the result to keep (JSON)."""

_handlers: dict[str, Handler] = {}


def register(kind: str, handler: Handler) -> None:
    """Say what runs jobs of `kind`; called from `AppConfig.ready`, again without harm."""
    _handlers[kind] = handler


def handler_of(kind: str) -> Handler | None:
    return _handlers.get(kind)
