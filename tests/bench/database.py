"""A durable embedded database for measuring: fsync on, as in production."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import psycopg

from tarsweb.embedded.cluster import Cluster
from tarsweb.home import Home, database_url


@contextmanager
def served() -> Iterator[Home]:
    """A cluster of its own, with Django set up on it as the application role and everything migrated."""
    home = Home(Path(tempfile.mkdtemp(prefix="tars-bench-")) / "home")
    home.ensure()
    cluster = Cluster.of(home)
    secrets = home.secrets()
    try:
        cluster.start()
        cluster.bootstrap(
            owner_password=secrets["TARS_DB_OWNER_PASSWORD"], app_password=secrets["TARS_DB_APP_PASSWORD"]
        )
        home.update_state(pg_port=cluster.port, cluster=str(cluster.root))
        os.environ.update(
            TARS_HOME=str(home.path),
            TARS_DATABASE_URL=database_url(role="app", home=home),
            TARS_DATABASE_OWNER_URL=database_url(role="owner", home=home),
            TARS_SECRET_KEY=secrets["TARS_SECRET_KEY"],
            TARS_SEALING_KEYS=secrets["TARS_SEALING_KEYS"],
            DJANGO_SETTINGS_MODULE="tarsweb.settings",
        )
        _migrate()
        yield home
    finally:
        cluster.destroy()
        shutil.rmtree(home.path.parent, ignore_errors=True)


def _migrate() -> None:
    import django
    from django.conf import settings
    from django.core.management import call_command
    from django.db import connection

    django.setup()
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    app = dict(connection.settings_dict)
    owner = psycopg.conninfo.conninfo_to_dict(
        os.environ["TARS_DATABASE_OWNER_URL"].replace("postgres://", "postgresql://")
    )
    connection.settings_dict.update(USER=owner["user"], PASSWORD=owner["password"])
    call_command("migrate", verbosity=0)
    connection.close()
    connection.settings_dict.update(USER=app["USER"], PASSWORD=app["PASSWORD"])


def raw(home: Home, *, role: str = "app", database: str = "tars", autocommit: bool = False) -> psycopg.Connection:
    """A bare psycopg connection."""
    url = database_url(role=role, database=database, home=home).replace("postgres://", "postgresql://")  # type: ignore[arg-type]
    return psycopg.connect(url, autocommit=autocommit)


@contextmanager
def unindexed(server: psycopg.Connection, tables: Sequence[str]) -> Iterator[None]:
    """Rows are written without the tables' indexes, which are made anew at the end: a hundred million entries in the order of
    chance would take hours. Autovacuum stands aside until then. For the superuser; it ends the connection's transaction."""
    for table in tables:
        server.execute(f"ALTER TABLE {table} SET (autovacuum_enabled = false)")
    server.execute(
        "UPDATE pg_index SET indisready = false, indisvalid = false WHERE indrelid = ANY(%s::regclass[])",
        [list(tables)],
    )
    server.commit()
    yield
    server.execute("SET maintenance_work_mem = '1GB'")
    for table in tables:
        server.execute(f"REINDEX TABLE {table}")
        server.execute(f"ALTER TABLE {table} RESET (autovacuum_enabled)")
        server.commit()


def touched() -> int:
    """Pages that this process's connection touched so far, in memory or on disk; what others do is not in it."""
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_stat_force_next_flush()")
        cursor.execute(
            "SELECT sum(coalesce(hits, 0) + coalesce(reads, 0)) FROM pg_stat_get_backend_io(pg_backend_pid())"
        )
        return int(cursor.fetchone()[0])
