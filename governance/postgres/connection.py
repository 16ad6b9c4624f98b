"""This thread's connection, as what it is: Django's types know only what all backends have."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db import DEFAULT_DB_ALIAS, connections

if TYPE_CHECKING:
    from governance.postgres.base import DatabaseWrapper


def wrapper() -> DatabaseWrapper:
    own: DatabaseWrapper = connections[DEFAULT_DB_ALIAS]  # type: ignore[assignment]
    return own
