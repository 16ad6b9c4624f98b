"""The database as the supervisor sees it: the embedded server, or somebody else's."""

from __future__ import annotations

import os
from typing import Protocol

import psycopg

from tarsweb.embedded.cluster import Cluster
from tarsweb.embedded.processes import wait_until
from tarsweb.home import Home, database_url
from tarsweb.supervisor.errors import StartError

_OUTSIDE_SECONDS = 30.0


class Database(Protocol):
    """What the supervisor needs of either kind."""

    title: str
    can_migrate: bool
    is_ours: bool

    def start(self) -> None: ...
    def stop(self) -> None: ...
    def has_ended(self) -> bool: ...
    def url(self) -> str: ...
    def was_made(self) -> bool: ...
    def pids(self) -> list[int]: ...


class Embedded:
    """The PostgreSQL that TARS brings; ends with the supervisor."""

    title = "PostgreSQL 18 with pgvector"
    can_migrate = True
    is_ours = True

    def __init__(self, home: Home) -> None:
        self._home = home
        self._cluster = Cluster.of(home)

    def start(self) -> None:
        """Start (and make or recover) the server, its roles and its database; remember the port. Raises LaunchError."""
        secrets = self._home.secrets()
        self._cluster.start()
        self._cluster.bootstrap(
            owner_password=secrets["TARS_DB_OWNER_PASSWORD"], app_password=secrets["TARS_DB_APP_PASSWORD"]
        )
        self._home.update_state(pg_port=self._cluster.port, cluster=str(self._cluster.root))

    def stop(self) -> None:
        """Fast shutdown."""
        self._cluster.stop()

    def has_ended(self) -> bool:
        """Whether the server process is gone."""
        return not self._cluster.is_running()

    def url(self) -> str:
        """The application role's address."""
        return database_url(role="app", home=self._home)

    def was_made(self) -> bool:
        """Whether this start made the cluster."""
        return self._cluster.was_made

    def pids(self) -> list[int]:
        """Our own child, which a Popen waits for."""
        return [self._cluster.pid] if self._cluster.pid else []


class Outside:
    """A server that somebody else runs, named by TARS_DATABASE_URL."""

    title = "the database of TARS_DATABASE_URL"
    is_ours = False

    def __init__(self) -> None:
        self.can_migrate = bool(os.environ.get("TARS_DATABASE_OWNER_URL"))

    def start(self) -> None:
        """Wait until it answers. Raises StartError after half a minute."""
        if not wait_until(lambda: answers(self.url()), seconds=_OUTSIDE_SECONDS, every=0.5):
            raise StartError(
                f"The database of TARS_DATABASE_URL did not answer within {_OUTSIDE_SECONDS:.0f} s. Start it, or unset "
                "the variable to use the embedded one."
            )

    def stop(self) -> None:
        """Not ours to stop."""

    def has_ended(self) -> bool:
        """Not ours to watch."""
        return False

    def url(self) -> str:
        """The application role's address."""
        return os.environ["TARS_DATABASE_URL"]

    def was_made(self) -> bool:
        """Never by us."""
        return False

    def pids(self) -> list[int]:
        """No child of ours."""
        return []


def choose(home: Home) -> Database:
    """The outside server when TARS_DATABASE_URL names one, else the embedded one."""
    return Outside() if os.environ.get("TARS_DATABASE_URL") else Embedded(home)


def answers(url: str) -> bool:
    """Whether a query is answered within about two seconds."""
    try:
        with psycopg.connect(url, connect_timeout=2) as connection:
            connection.execute("SELECT 1")
            return True
    except psycopg.Error:
        return False
