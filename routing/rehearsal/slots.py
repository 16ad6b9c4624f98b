"""Turns of dreams that all processes of the installation share: one advisory lock of the database for each, held by the session.

A process that dies, or loses its connection, gives its turns back with its session.
"""

from __future__ import annotations

from typing import Final
from uuid import UUID

from django.db import connection

from routing.rehearsal.allowing import Slots

_CLASS: Final = 0x7A25_D2EA
"""What the first half of the locks' key says: a turn of a dream."""
# HAZARD: the locks are tried one by one and the first that is free is taken; ordered or joined, all of them would be.
_TAKE: Final = """
SELECT key FROM (SELECT hashtext(%s || n) AS key FROM generate_series(1, %s) AS n OFFSET 0) AS keys
WHERE pg_try_advisory_lock(%s, key) LIMIT 1
"""
_GIVE: Final = "SELECT pg_advisory_unlock(%s, %s)"


class SharedSlots(Slots):
    """Slots in the database of this thread's connection, outside any transaction.

    HAZARD: a session gets what it already holds once more; one thread holds one turn of an agent at a time.
    """

    def take(self, connector_id: UUID, *, among: int) -> int | None:
        with connection.cursor() as cursor:
            cursor.execute(_TAKE, [str(connector_id), among, _CLASS])
            row = cursor.fetchone()
        return None if row is None else int(row[0])

    def give(self, key: int) -> None:
        with connection.cursor() as cursor:
            cursor.execute(_GIVE, [_CLASS, key])
