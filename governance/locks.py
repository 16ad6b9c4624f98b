"""A lock that a dead worker cannot keep: Postgres frees it with the connection."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from uuid import UUID

from django.db import connection


@contextmanager
def alone(id: UUID) -> Iterator[bool]:
    """Whether nobody else on another connection works on the thing of this id; holds that until the block ends.

    It spans transactions, so it must be opened outside one.
    """
    number = id.int & (2**63 - 1)
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_lock(%s)", [number])
        is_alone = bool(cursor.fetchone()[0])
    try:
        yield is_alone
    finally:
        if is_alone:
            with connection.cursor() as cursor:
                cursor.execute("SELECT pg_advisory_unlock(%s)", [number])
