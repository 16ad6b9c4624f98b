"""`/readyz`: may this process be sent requests? Answered within two seconds, whatever the database does."""

from __future__ import annotations

import secrets
from concurrent.futures import ThreadPoolExecutor
from concurrent.futures import TimeoutError as TooLate
from threading import Lock

from django.core.cache import cache
from django.core.exceptions import ImproperlyConfigured
from django.db import connection, transaction
from django.db.migrations.executor import MigrationExecutor

from governance.tenancy import refuse_privileged_role
from tarsweb.health import walls

SECONDS = 2.0
STATEMENT_MS = 1500
_one_at_a_time = Lock()
_migrated: list[bool] = []


def reasons(*, seconds: float = SECONDS) -> list[str]:
    """Why not, in sentences without secrets; empty when it is ready. At most one look is on its way at any time."""
    if not _one_at_a_time.acquire(timeout=seconds):
        return ["The last look has not come back yet."]
    pool = ThreadPoolExecutor(max_workers=1)
    look = pool.submit(_look)
    # Whoever is late gives the turn back when it ends, not when we stop waiting for it.
    look.add_done_callback(lambda _: _one_at_a_time.release())
    pool.shutdown(wait=False)
    try:
        return look.result(timeout=seconds)
    except TooLate:
        return [f"The database did not answer within {seconds:g} seconds."]
    except Exception as error:
        return [f"The database does not answer ({type(error).__name__})."]


def _look() -> list[str]:
    """In a thread of its own, with a connection of its own, which is closed again."""
    try:
        with transaction.atomic():
            with connection.cursor() as cursor:
                cursor.execute("SELECT set_config('statement_timeout', %s, true)", [str(STATEMENT_MS)])
            return [*_role(), *walls.gaps(None), *_migrations(), *_cache()]
    finally:
        connection.close()


def _role() -> list[str]:
    try:
        refuse_privileged_role()
    except ImproperlyConfigured:
        return ["The database role could step around the walls between tenants."]
    return []


def _migrations() -> list[str]:
    """Migrations never come off a running process, so a good answer is kept."""
    if not _migrated:
        executor = MigrationExecutor(connection)
        if executor.migration_plan(executor.loader.graph.leaf_nodes()):
            return ["Migrations are missing. Run `tars up`, or migrate as the owner."]
        _migrated.append(True)
    return []


def _cache() -> list[str]:
    key, value = "ready", secrets.token_hex(8)
    cache.set(key, value, 60)
    # Another process may have written in between: anything that comes back is an answer.
    return [] if cache.get(key) else ["The cache does not keep what it is given."]
