"""A tenant's transaction that can only read: what a rehearsal must not do, Postgres refuses."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from uuid import UUID

from django.db import connection

from governance.tenancy import in_tenant


@contextmanager
def only_reading(tenant_id: UUID) -> Iterator[None]:
    """HAZARD: inside a transaction of the caller's own nothing is held to reading, for that would hold the caller too."""
    with in_tenant(tenant_id):
        if len(connection.atomic_blocks) == 1:
            with connection.cursor() as cursor:
                cursor.execute("SET TRANSACTION READ ONLY")
        yield
