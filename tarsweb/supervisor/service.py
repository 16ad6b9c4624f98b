"""One long-running child: started, watched for its end, stopped as a group, started again with growing pauses."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import IO

import psutil

from tarsweb.embedded.processes import end_all, is_alive, spawn, wait_until

BASE_DIR = Path(__file__).resolve().parents[2]
RUN_VARIABLE = "TARS_RUN"
_LOG_LIMIT = 10_000_000
_LONGEST_PAUSE = 30.0
_SETTLED_SECONDS = 60.0


class Service:
    """A child of the supervisor in its own session; its output goes to `log_path`.

    The leader alone is asked to stop (it lets its own children finish); after the grace the whole group is killed.
    """

    def __init__(self, name: str, argv: Sequence[str], *, env: Mapping[str, str], log_path: Path) -> None:
        self.name = name
        self.log_path = log_path
        self.started_at = 0.0
        self._argv = list(argv)
        self._env = dict(env)
        self._child: subprocess.Popen[bytes] | None = None
        self._pause = 0.0
        self._not_before = 0.0

    def start(self) -> None:
        """Start the child. Raises OSError when it cannot be run at all."""
        with open_log(self.log_path) as log:
            self._child = spawn(self._argv, death_signal=signal.SIGTERM, log=log, env=self._env, cwd=BASE_DIR)
        self.started_at, self._not_before = time.time(), 0.0

    @property
    def pid(self) -> int | None:
        """The leader's process id, once started."""
        return self._child.pid if self._child else None

    def has_ended(self) -> bool:
        """Whether the leader is gone (or was never started)."""
        return self._child is None or self._child.poll() is not None

    def stop(self, *, grace: float, hurry: Callable[[], bool] = lambda: False) -> None:
        """Ask the leader to end, wait `grace` seconds or until `hurry`, then kill whoever is left in its session."""
        child, self._child = self._child, None
        if child is None:
            return
        if child.poll() is None:
            with contextlib.suppress(ProcessLookupError):
                child.send_signal(signal.SIGCONT)  # a stopped process would not hear the next one
                child.send_signal(signal.SIGTERM)
            wait_until(lambda: child.poll() is not None or hurry(), seconds=grace)
        end_all(session_members(child.pid), signals=((signal.SIGKILL, 5.0),))
        child.wait()

    def restart_due(self) -> bool:
        """Whether the pause since the last end is over; the first call after an end begins the pause."""
        now = time.monotonic()
        if not self._not_before:
            lived = time.time() - self.started_at
            self._pause = 0.5 if lived > _SETTLED_SECONDS else min(max(0.5, self._pause * 2), _LONGEST_PAUSE)
            self._not_before = now + self._pause
        return now >= self._not_before

    def restart(self, *, grace: float = 0.0) -> None:
        """Stop what is left and start afresh."""
        self.stop(grace=grace)
        self.start()

    def last_words(self, *, lines: int = 12) -> str:
        """The end of its log."""
        return "\n".join(self.log_path.read_text(errors="replace").splitlines()[-lines:])


def session_members(leader: int) -> list[psutil.Process]:
    """Every living process of the session that `leader` leads or led."""
    found = []
    for process in psutil.process_iter():
        with contextlib.suppress(OSError, psutil.Error):
            if os.getsid(process.pid) == leader and is_alive(process):
                found.append(process)
    return found


def run_members(token: str) -> list[psutil.Process]:
    """Every living process, except ourselves, that was started under this run's token."""
    found = []
    for process in psutil.process_iter():
        with contextlib.suppress(OSError, psutil.Error):
            if process.pid != os.getpid() and process.environ().get(RUN_VARIABLE) == token and is_alive(process):
                found.append(process)
    return found


def open_log(path: Path) -> IO[bytes]:
    """A private log to append to; a big one becomes `.1` first."""
    path.parent.mkdir(mode=0o700, exist_ok=True)
    if path.exists() and path.stat().st_size > _LOG_LIMIT:
        path.replace(path.with_name(f"{path.name}.1"))
    log = path.open("ab")
    log.seek(0, os.SEEK_END)
    path.chmod(0o600)
    return log
