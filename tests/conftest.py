"""One database per test process, migrated as the owner and used as the application role, as in production.

Nothing is wrapped in a transaction and nothing is flushed: triggers, durable verbs and row security behave as they do
outside. Every test makes tenants of its own.
"""

from __future__ import annotations

import gc
import os
from collections.abc import Generator, Iterator
from contextlib import contextmanager

import hypothesis
import psycopg
import pytest
from django.core.management import call_command
from django.db import connection
from psycopg import sql
from xdist.scheduler import LoadScopeScheduling

# Playwright's synchronous API leaves an event loop running in this thread, which Django takes for async code.
os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "1"

BEGUN = "test_begun"
MIGRATED = "test_migrated"


def pytest_configure() -> None:
    """The demo's past has the same kinds of days in tests, with few requests in each."""
    from django.conf import settings

    settings.DEMO_SIZE = 0.04
    # What a property says does not depend on how busy the machine is.
    hypothesis.settings.register_profile("calm", deadline=None, suppress_health_check=[hypothesis.HealthCheck.too_slow])
    hypothesis.settings.load_profile("calm")
    _look_up_static_files_once()


def _look_up_static_files_once() -> None:
    """Every test's client makes the middleware anew, which would look at each file of each app again."""
    from whitenoise.middleware import WhiteNoiseMiddleware

    looked_up, found = WhiteNoiseMiddleware.add_files_from_finders, {}

    def add_files(self: WhiteNoiseMiddleware) -> None:
        if not found:
            looked_up(self)
            found.update(self.files)
        self.files.update(found)

    WhiteNoiseMiddleware.add_files_from_finders = add_files


class ByFile(LoadScopeScheduling):
    """A file's tests run in one process, so that what they share is made once; so do those that share more than a file."""

    TOGETHER = {"tests/browser/": "browser", "tests/db/demo/": "demo", "tests/flows/test_demo.py": "demo"}
    """The browser's product, and the demo that is played once for each process."""

    def _split_scope(self, nodeid: str) -> str:
        shared = (name for start, name in self.TOGETHER.items() if nodeid.startswith(start))
        return next(shared, nodeid.partition("::")[0])


def pytest_xdist_make_scheduler(config: pytest.Config, log: object) -> ByFile:
    # In the order below; xdist's own, by the number of tests, would leave few long ones for the end.
    config.option.loadscopereorder = False
    return ByFile(config, log)


LONG = ("tests/browser/", "tests/flows/test_up.py", "tests/db/demo/", "tests/flows/test_demo.py")
"""What takes minutes begins first, so that no process waits for another in the end."""


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    if "PYTEST_XDIST_WORKER" in os.environ:
        items.sort(
            key=lambda item: next((n for n, start in enumerate(LONG) if item.nodeid.startswith(start)), len(LONG))
        )


@pytest.hookimpl(wrapper=True)
def pytest_collection() -> Generator[None, object, object]:
    """Eleven thousand tests stay until the end: the garbage collector looks at them once and not every few seconds."""
    gc.disable()
    try:
        return (yield)
    finally:
        gc.collect()
        gc.freeze()
        gc.enable()


@pytest.fixture(scope="session")
def django_db_setup(django_test_environment: None, django_db_blocker: pytest.FixtureRequest) -> Iterator[None]:
    from django.conf import settings

    # Passwords are hashed slowly on purpose; the suite makes thousands of people.
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    name = f"test_{os.environ.get('PYTEST_XDIST_WORKER', 'main')}"
    owner = _owner_settings()
    app = dict(connection.settings_dict)
    with django_db_blocker.unblock(), _alone(owner) as server:
        if server.execute("SELECT 1 FROM pg_database WHERE datname = %s", [MIGRATED]).fetchone() is None:
            _recreate(server, BEGUN)
            _migrate(owner, BEGUN)
            server.execute(sql.SQL("ALTER DATABASE {} RENAME TO {}").format(*map(sql.Identifier, (BEGUN, MIGRATED))))
        _recreate(server, name, like=MIGRATED)
        connection.settings_dict.update(NAME=name, USER=app["USER"], PASSWORD=app["PASSWORD"])
    yield
    with django_db_blocker.unblock():
        connection.close()


@pytest.fixture
def database(django_db_setup: None, django_db_blocker: pytest.FixtureRequest) -> Iterator[None]:
    """Real commits in this process's database, as the application role."""
    from tests import factories as make

    with django_db_blocker.unblock():
        make.opened.clear()
        yield
        assert not connection.in_atomic_block
        make.close_tenants()


def _owner_settings() -> dict[str, str]:
    import environ

    return dict(environ.Env.db_url_config(os.environ["TARS_DATABASE_OWNER_URL"]))


@contextmanager
def _alone(owner: dict[str, str]) -> Iterator[psycopg.Connection]:
    """The server's maintenance connection, one test process at a time: the first one migrates for all of this run."""
    dsn = {"host": owner["HOST"], "port": owner["PORT"], "user": owner["USER"], "password": owner["PASSWORD"]}
    with psycopg.connect(**dsn, dbname=owner["NAME"], autocommit=True) as server:
        server.execute("SELECT pg_advisory_lock(hashtext('tars tests: databases'))")
        yield server


def _migrate(owner: dict[str, str], name: str) -> None:
    connection.close()
    connection.settings_dict.update(NAME=name, USER=owner["USER"], PASSWORD=owner["PASSWORD"])
    call_command("migrate", verbosity=0, interactive=False)
    connection.close()


def _recreate(server: psycopg.Connection, name: str, *, like: str = "template1") -> None:
    server.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name)))
    server.execute(sql.SQL("CREATE DATABASE {} TEMPLATE {}").format(sql.Identifier(name), sql.Identifier(like)))
