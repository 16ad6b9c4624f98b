"""What Postgres itself says about the tables: the tests walk this, so that no table is forgotten."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import psycopg
import pytest
from django.db import connection

from governance.postgres.prepared import Prepared
from tarsweb.embedded.processes import wait_until
from tarsweb.home import Role, database_url


def rows(statement: str, *parameters: Any) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(statement, list(parameters))
        return cursor.fetchall()


def run(statement: str, *parameters: Any) -> int:
    """Execute as the application role; the number of rows touched."""
    with connection.cursor() as cursor:
        cursor.execute(statement, list(parameters))
        return int(cursor.rowcount)


def tables() -> set[str]:
    """Every ordinary or partitioned table of the schema."""
    return {
        row[0]
        for row in rows(
            "SELECT relname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace "
            "WHERE n.nspname = 'public' AND c.relkind IN ('r', 'p')"
        )
    }


def walled() -> dict[str, str]:
    """The tables that hold tenants' rows, with the column that names the tenant."""
    found = {
        row[0]: "tenant_id"
        for row in rows(
            "SELECT table_name FROM information_schema.columns "
            "WHERE table_schema = 'public' AND column_name = 'tenant_id'"
        )
    }
    return {**found, "tenants": "id"}


def somebody_waits_for(holder: psycopg.Connection[Any]) -> bool:
    """Until another session waits for a lock that this one holds; whether it came to that within 30 seconds."""
    waits = "SELECT EXISTS (SELECT FROM pg_locks WHERE NOT granted AND %s = ANY(pg_blocking_pids(pid)))"
    with connected("owner") as looking:
        return wait_until(lambda: looking.execute(waits, [holder.info.backend_pid]).fetchone() == (True,), seconds=30)


@contextmanager
def connected(role: Role, *, autocommit: bool = True) -> Iterator[psycopg.Connection[Any]]:
    """A connection of its own to this test's database."""
    url = database_url(role=role, database=str(connection.settings_dict["NAME"]))
    with psycopg.connect(url, autocommit=autocommit) as server:
        yield server


@contextmanager
def trips() -> Iterator[list[int]]:
    """How many statements went to the server together, each time."""
    found: list[int] = []
    send = Prepared.send

    def counted(self: Prepared, statements: Any, *, before: Any = (), after: bytes = b"") -> None:
        found.append(len(before) + len(statements) + bool(after))
        send(self, statements, before=before, after=after)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Prepared, "send", counted)
        yield found
