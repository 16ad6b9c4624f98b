"""Early plugin (`-p tests.plugins.postgres`): one throwaway PostgreSQL per test run, ready before settings are read.

conftest hooks come too late for that: pytest-django has read the settings by then. xdist's workers inherit the
environment of the process that started the server.
"""

from __future__ import annotations

import atexit
import os
import shutil
from pathlib import Path

import pytest

from tarsweb.embedded.account import cluster_root
from tarsweb.embedded.cluster import Cluster
from tarsweb.home import Home, database_url

# Durability is tested on clusters of their own; here only speed counts.
SETTINGS = {
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "max_connections": "200",
}
_RUNS = Path(__file__).resolve().parents[2] / ".tars"
_FROM_OUTSIDE = (
    "TARS_DATABASE_ROLE",
    "TARS_DEBUG",
    "TARS_HOST",
    "TARS_INSECURE_HTTP",
    "TARS_PORT",
    "TARS_PUBLIC_URL",
)


class _Run:
    """The running throwaway server of this process, if it is the one that started it."""

    home: Home | None = None
    cluster: Cluster | None = None


@pytest.hookimpl(tryfirst=True)
def pytest_load_initial_conftests() -> None:
    """Start the server and point the environment at it, once, in the controlling process."""
    if "PYTEST_XDIST_WORKER" in os.environ:
        _move_into_own_home(os.environ["PYTEST_XDIST_WORKER"])
        return
    if _Run.cluster is not None:
        return
    _RUNS.mkdir(exist_ok=True)
    _sweep()
    _Run.home = home = Home(_RUNS / f"test-{os.getpid()}")
    home.ensure()
    home.lock.acquire()
    _Run.cluster = cluster = Cluster.of(home, settings=SETTINGS)
    atexit.register(_stop)
    secrets = home.secrets()
    cluster.start()
    cluster.bootstrap(
        owner_password=secrets["TARS_DB_OWNER_PASSWORD"],
        app_password=secrets["TARS_DB_APP_PASSWORD"],
    )
    home.update_state(pg_port=cluster.port, cluster=str(cluster.root))
    _point_environment_at(home)


def pytest_unconfigure() -> None:
    """Stop the server and delete its data."""
    _stop()


def _point_environment_at(home: Home) -> None:
    for name in _FROM_OUTSIDE:
        os.environ.pop(name, None)
    os.environ["TARS_HOME"] = str(home.path)
    os.environ["TARS_STATIC_FINDERS"] = "1"
    # Some containers set this; every process that a test starts would compile the whole product anew.
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
    os.environ["TARS_DATABASE_URL"] = database_url(role="app", home=home)
    os.environ["TARS_DATABASE_OWNER_URL"] = database_url(role="owner", home=home)
    for name in ("TARS_SECRET_KEY", "TARS_SEALING_KEYS"):
        os.environ[name] = home.secrets()[name]


def _move_into_own_home(worker: str) -> None:
    """A folder beside the worker's own database: a file in it (the demo's passwords) speaks of that database alone."""
    shared = Home()
    own = Home(shared.path / worker)
    own.path.mkdir(mode=0o700, exist_ok=True)
    for path in (shared.secrets_path, shared.state_path):
        shutil.copy(path, own.path)
    os.environ["TARS_HOME"] = str(own.path)


def _stop() -> None:
    cluster, home = _Run.cluster, _Run.home
    _Run.cluster = _Run.home = None
    if cluster is not None:
        cluster.destroy()
    if home is not None:
        home.lock.release()
        shutil.rmtree(home.path, ignore_errors=True)


def _sweep() -> None:
    """Delete what killed runs left behind; a living run holds its lock."""
    for path in _RUNS.glob("test-*"):
        left = Home(path)
        if left.lock.acquire():
            Cluster(cluster_root(path), super_password="").destroy()
            left.lock.release()
            shutil.rmtree(path, ignore_errors=True)
