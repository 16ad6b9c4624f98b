"""One PostgreSQL cluster on this machine: start, stop, recover."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Mapping
from pathlib import Path
from typing import IO

import psutil
import psycopg

from tarsweb.embedded import account, binaries, roles
from tarsweb.embedded.errors import LaunchError
from tarsweb.embedded.initdb import initialise, server_env
from tarsweb.embedded.processes import end_all, spawn, wait_until
from tarsweb.home import DATABASE, FileLock, Home

READY_SECONDS = 180.0  # crash recovery replays the log since the last checkpoint; it may take minutes on a slow disk
_LOG_LIMIT = 10_000_000
_SETTINGS: dict[str, str] = {
    "listen_addresses": "127.0.0.1",
    "unix_socket_directories": "",
    "password_encryption": "scram-sha-256",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "shared_buffers": "128MB",
    "jit": "off",
    "log_line_prefix": "%m [%p] ",
    "log_checkpoints": "off",
    # A statement that failed may hold what people typed: the server's log names the error only.
    "log_min_error_statement": "panic",
}


class Cluster:
    """A cluster in `root` (its data in `root/data`), bound to the life of this process.

    `port` is the wished one and, after `start`, the real one. `settings` are extra `-c` settings.
    """

    def __init__(
        self,
        root: Path,
        *,
        super_password: str,
        port: int | None = None,
        settings: Mapping[str, str] | None = None,
    ) -> None:
        self.root = root
        self.data = root / "data"
        self.log_path = root / "postgres.log"
        self.port = port
        self.was_made = False
        self._password = super_password
        self._settings = {**_SETTINGS, **(settings or {})}
        self._lock = FileLock(root / "cluster.lock")
        self._server: subprocess.Popen[bytes] | None = None
        self._log_start = 0

    @classmethod
    def of(cls, home: Home, *, settings: Mapping[str, str] | None = None) -> Cluster:
        """The cluster of a data folder (whose `ensure` has run), on the port of last time if it is free."""
        known = home.state()
        remembered = Path(known["cluster"]) if "cluster" in known else None
        root = remembered if remembered and (remembered / "data").is_dir() else account.cluster_root(home.path)
        return cls(
            root,
            super_password=home.secrets()["TARS_DB_SUPER_PASSWORD"],
            port=known.get("pg_port"),
            settings=settings,
        )

    def start(self) -> None:
        """Return when a query has been answered, after making the cluster or recovering it if need be.

        A server left over from a killed run is ended first. Raises LaunchError; nothing is left running then.
        """
        account.make_root(self.root)
        if not self._lock.acquire():
            raise LaunchError(
                f"Another TARS is using the database in {self.root}. Stop it, or set TARS_HOME to a second folder."
            )
        try:
            install = (
                binaries.reachable_install(copies=account.ROOT_BASE)
                if self._needs_account()
                else binaries.wheel_install()
            )
            if self.data.exists():
                account.data_account(self.data)  # another user's data: refuse before looking inside
            self._end_leftovers()
            if not (self.data / "PG_VERSION").exists():
                self._make(install)
            self._check_major()
            self._launch(install)
        except BaseException:
            self.stop()
            raise

    def stop(self) -> None:
        """Fast shutdown (sessions end, a checkpoint is written); harder when it takes too long. May be repeated."""
        server, self._server = self._server, None
        if server is not None and server.poll() is None:
            for number, seconds in (
                (signal.SIGINT, 60.0),
                (signal.SIGQUIT, 10.0),
                (signal.SIGKILL, 10.0),
            ):
                server.send_signal(number)
                if wait_until(lambda: server.poll() is not None, seconds=seconds):
                    break
            self._end_leftovers()
        self._lock.release()

    def destroy(self) -> None:
        """Stop and delete everything, for throwaway clusters."""
        self.stop()
        if self.root.exists():
            self._end_leftovers()
        shutil.rmtree(self.root, ignore_errors=True)

    def is_running(self) -> bool:
        """Whether the server process that we started is alive."""
        return self._server is not None and self._server.poll() is None

    @property
    def pid(self) -> int | None:
        """The postmaster's process id while it runs."""
        return self._server.pid if self._server and self.is_running() else None

    def bootstrap(self, *, owner_password: str, app_password: str, database: str = DATABASE) -> None:
        """Roles, database and extension; see `roles.bootstrap`."""
        roles.bootstrap(
            self._superuser(),
            database=database,
            owner_password=owner_password,
            app_password=app_password,
        )

    def _superuser(self) -> str:
        return psycopg.conninfo.make_conninfo(
            host="127.0.0.1",
            port=self.port,
            user=roles.SUPER,
            password=self._password,
            connect_timeout=5,
        )

    @staticmethod
    def _needs_account() -> bool:
        return account.initial_account() is not None

    def _make(self, install: Path) -> None:
        if self.data.exists() and any(self.data.iterdir()):
            raise LaunchError(f"{self.data} holds something that is no database. Move it away, or set TARS_HOME.")
        binaries.check_version(install)
        if self.data.exists():
            self.data.rmdir()
        initialise(
            self.root,
            install=install,
            super_password=self._password,
            sync=self._settings.get("fsync") != "off",
        )
        self.was_made = True

    def _check_major(self) -> None:
        found = (self.data / "PG_VERSION").read_text().strip()
        if found != str(binaries.MAJOR):
            raise LaunchError(
                f"The data in {self.data} is of PostgreSQL {found}; this TARS brings {binaries.MAJOR}. Dump it with "
                "the TARS that made it and load the dump here, or set TARS_HOME to a new folder."
            )

    def _end_leftovers(self) -> None:
        """End every server process that works in our folder, then drop its pid file.

        We hold the cluster's lock, so whatever runs there was left by a killed start. The working folder decides, never
        the number in postmaster.pid: that may be a zombie's or belong to another program by now. Orphaned backends must
        be gone before the pid file is: it is what keeps a second server off the shared memory they still use.
        """
        found = [process for process in psutil.process_iter(["name"]) if self._is_ours(process)]
        gentle = ((signal.SIGINT, 60.0), (signal.SIGQUIT, 10.0), (signal.SIGKILL, 10.0))
        if end_all(found, signals=gentle):
            raise LaunchError(
                f"An old server in {self.data} does not end. Restart the machine, then run `tars up` again."
            )
        (self.data / "postmaster.pid").unlink(missing_ok=True)

    def _is_ours(self, process: psutil.Process) -> bool:
        try:
            return process.info["name"] in {"postgres", "initdb"} and Path(process.cwd()).is_relative_to(
                self.root.resolve()
            )
        except psutil.Error:
            return False

    def _launch(self, install: Path) -> None:
        runner = account.data_account(self.data)
        for _ in range(3):
            self.port = _free_port(self.port)
            self._server = self._spawn(install, runner)
            if self._await_ready():
                return
            self.port = None  # somebody took it between our look and the server's
        raise LaunchError("Three ports in a row were taken while the database started. Run `tars up` again.")

    def _spawn(self, install: Path, runner: account.Account | None) -> subprocess.Popen[bytes]:
        settings = {**self._settings, "port": str(self.port)}
        argv: list[str | Path] = [install / "bin" / "postgres", "-D", self.data]
        for name, value in settings.items():
            argv += ["-c", f"{name}={value}"]
        with _open_log(self.log_path) as log:
            self._log_start = log.tell()
            return spawn(
                argv,
                death_signal=signal.SIGINT,
                log=log,
                env=server_env(self.root),
                cwd=self.root,
                account=runner.pair if runner else None,
            )

    def _await_ready(self) -> bool:
        """True when our server answered a query, False when its port was taken. Raises LaunchError otherwise."""
        deadline = time.monotonic() + READY_SECONDS
        while time.monotonic() < deadline:
            if not self.is_running():
                last = self._last_words()
                if "Address already in use" in last:
                    return False
                raise LaunchError(self._why_it_ended(last))
            if self._answers():
                return True
            time.sleep(0.02)
        raise LaunchError(f"The database did not answer within {READY_SECONDS:.0f} s. Its log: {self.log_path}")

    def _answers(self) -> bool:
        try:
            with psycopg.connect(self._superuser(), dbname="postgres") as connection:
                where = connection.execute("SHOW data_directory").fetchone()
                return where is not None and Path(where[0]).samefile(self.data)
        except psycopg.OperationalError as error:
            if "password authentication failed" in str(error):
                raise LaunchError(
                    f"The password in secrets.env does not fit the database in {self.data}. Put back the "
                    "secrets.env that belongs to it, or set TARS_HOME to a new folder. To begin anew without what "
                    "it holds, delete that folder."
                ) from None
            return False

    def _last_words(self) -> str:
        """What the server of this start wrote, its last lines."""
        with self.log_path.open("rb") as log:
            log.seek(self._log_start)
            return "\n".join(log.read().decode(errors="replace").splitlines()[-15:])

    def _why_it_ended(self, last: str) -> str:
        if "No space left on device" in last:
            return f"The disk of {self.root} is full, so the database cannot start. Free some space, then `tars up`."
        if "Permission denied" in last:
            return f"The database in {self.data} may not be read by its own user. Restore the rights of that folder."
        fatal = [line for line in last.splitlines() if "FATAL" in line or "PANIC" in line]
        said = fatal[-1].split("] ", 1)[-1] if fatal else "nothing"
        return f"The database ended while starting; it said: {said}. The whole log: {self.log_path}"


def _free_port(wished: int | None) -> int:
    """The wished port if nobody listens there, else one that the system picks."""
    for candidate in (wished, 0) if wished else (0,):
        with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", candidate))
            except OSError:
                continue
            return int(probe.getsockname()[1])
    raise LaunchError("No port is free on 127.0.0.1 for the database. Close some programs and run `tars up` again.")


def _open_log(path: Path) -> IO[bytes]:
    """The log to append to; a big one becomes `.1` first."""
    if path.exists() and path.stat().st_size > _LOG_LIMIT:
        path.replace(path.with_suffix(".log.1"))
    log = path.open("ab")
    log.seek(0, os.SEEK_END)
    path.chmod(0o600)
    return log
