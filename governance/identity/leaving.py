"""What happens elsewhere when a person leaves a tenant: higher slices register, so that nothing waits for somebody gone."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

from governance.identity.models import User
from governance.scope import Role, Scope


class Handler(Protocol):
    """One slice's part. `roles` are those that the person holds, or held until this very act."""

    def preview(self, *, scope: Scope, user: User, roles: frozenset[Role], at: datetime) -> Sequence[str]:
        """What would move, stay or end, one sentence each; reads only."""
        ...

    def leave(self, *, scope: Scope, user: User, roles: frozenset[Role], at: datetime) -> Sequence[str]:
        """Move it, inside the transaction that ends the membership; returns what moved, for the ledger."""
        ...


_handlers: dict[str, Handler] = {}


def register(slice: str, handler: Handler) -> None:
    """Say what leaving means to a slice; called from `AppConfig.ready`, again without harm."""
    _handlers[slice] = handler


def preview(*, scope: Scope, user: User, roles: frozenset[Role], at: datetime) -> list[str]:
    """Every slice's sentences, for the dialog that asks first."""
    rows = (_handlers[name].preview(scope=scope, user=user, roles=roles, at=at) for name in sorted(_handlers))
    return [said for row in rows for said in row]


def leave(*, scope: Scope, user: User, roles: frozenset[Role], at: datetime) -> list[str]:
    """Let every slice move on, in the caller's transaction."""
    rows = (_handlers[name].leave(scope=scope, user=user, roles=roles, at=at) for name in sorted(_handlers))
    return [said for row in rows for said in row]
