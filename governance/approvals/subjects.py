"""What a question is about: kinds of subjects register, so that an inbox can show what `approvals` does not know."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol
from uuid import UUID

from governance.scope import Scope


@dataclass(frozen=True, slots=True)
class Row:
    """One subject as a list shows it. `type` is its key in filters and URLs, `type_label` the word a person reads.

    `due_at`: when a decision is wanted at the latest; after `expires_at` there is nothing left to decide. `is_stale`:
    what it rests on moved, so nobody can decide until it is renewed. `extra`: short remarks for the line
    below. `protected`: places the change touches that its constitution protects; `changes`: how many fields it moves;
    `dependents`: how many systems build on this one.
    """

    subject_id: UUID
    label: str
    sentence: str
    url: str
    system: str
    type: str
    type_label: str
    effect: str
    state: str
    proposed_by: str
    proposer_id: UUID | None
    proposed_at: datetime
    due_at: datetime | None = None
    expires_at: datetime | None = None
    is_stale: bool = False
    extra: tuple[str, ...] = ()
    basis: str = "ordinary"
    protected: tuple[str, ...] = ()
    changes: int = 1
    dependents: int = 0


class Handler(Protocol):
    """How one kind of subject shows itself. Each method takes a number of queries that rows do not raise."""

    def rows(self, *, scope: Scope, ids: Collection[UUID], at: datetime) -> Mapping[UUID, Row]:
        """These subjects by id; an id that is not there is left out."""
        ...

    def mine(self, *, scope: Scope, at: datetime, limit: int) -> Sequence[Row]:
        """What this actor started and what is not over yet, drafts included, newest first."""
        ...

    def adrift(self, *, scope: Scope, at: datetime, limit: int) -> Sequence[Row]:
        """What is under way in the tenant and asks nobody: stale, or handed back for changes; newest first."""
        ...


_handlers: dict[str, Handler] = {}


def register(kind: str, handler: Handler) -> None:
    """Say how questions about `kind` are shown; called from `AppConfig.ready`, again without harm."""
    _handlers[kind] = handler


def handlers() -> Iterator[Handler]:
    """Every registered handler, by kind."""
    return (_handlers[kind] for kind in sorted(_handlers))


def handler_of(kind: str) -> Handler | None:
    return _handlers.get(kind)
