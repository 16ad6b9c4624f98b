"""Who is told when a webhook stops working: identity, which lies above, says who manages programs."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from uuid import UUID

from governance.notices import kinds
from governance.scope import Scope

Find = Callable[[Scope], Iterable[UUID]]
_find: list[Find] = []


def register(find: Find) -> None:
    """Called from `AppConfig.ready`, again without harm."""
    _find[:] = [find]
    kinds.register("webhook", "A webhook was switched off")


def managers(scope: Scope) -> list[UUID]:
    """The people of the tenant who manage its programs. Inside the tenant's transaction."""
    return [user_id for find in _find for user_id in find(scope)]
