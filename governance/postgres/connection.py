"""This thread's connection, as what it is: Django's types know only what all backends have."""

from __future__ import annotations

from threading import local
from typing import TYPE_CHECKING, Final

from django.db import DEFAULT_DB_ALIAS, connections

if TYPE_CHECKING:
    from governance.postgres.base import DatabaseWrapper


class _Own(local):
    """Django makes one for each thread and keeps it as long as the thread lives; it looks for it as if it did not."""

    wrapper: DatabaseWrapper | None = None


_own: Final = _Own()


def wrapper() -> DatabaseWrapper:
    if _own.wrapper is None:
        _own.wrapper = connections[DEFAULT_DB_ALIAS]  # type: ignore[assignment]
    assert _own.wrapper is not None
    return _own.wrapper
