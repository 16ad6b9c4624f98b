"""Child processes that never outlive their parent, and the leftovers of parents that died too suddenly."""

from __future__ import annotations

import contextlib
import ctypes
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import IO

import psutil

_PR_SET_PDEATHSIG = 1
_PR_SET_CHILD_SUBREAPER = 36
# Loaded before any fork: a child between fork and exec must not import or allocate much.
_PRCTL = ctypes.CDLL(None, use_errno=True).prctl if sys.platform == "linux" else None


def die_with_parent(death_signal: signal.Signals) -> Callable[[], None]:
    """A `preexec_fn` that asks Linux to send `death_signal` when the parent's starting thread ends.

    Elsewhere it does nothing, and leftovers are found at the next start. subprocess runs it after setuid, which would
    have cleared it.
    """
    parent = os.getpid()

    def ask() -> None:
        if _PRCTL is not None:
            _PRCTL(_PR_SET_PDEATHSIG, int(death_signal), 0, 0, 0)
            if os.getppid() != parent:  # died between fork and prctl
                os._exit(1)

    return ask


def adopt_orphans() -> None:
    """Make this process the one that grandchildren fall back to, so that it can reap them (Linux)."""
    if _PRCTL is not None:
        _PRCTL(_PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)


def spawn(
    argv: Sequence[str | Path],
    *,
    death_signal: signal.Signals,
    log: IO[bytes] | int,
    env: Mapping[str, str],
    cwd: Path,
    account: tuple[int, int] | None = None,
    stdout: int | None = None,
) -> subprocess.Popen[bytes]:
    """Start a child in its own session, bound to our life, as `account` (uid, gid) when given (needs root).

    Both output streams go to `log`, or only errors when `stdout` names another place. Raises OSError when the program
    cannot be run.
    """
    uid, gid = account if account else (None, None)
    return subprocess.Popen(
        [str(part) for part in argv],
        stdin=subprocess.DEVNULL,
        stdout=log if stdout is None else stdout,
        stderr=log,
        env=dict(env),
        cwd=cwd,
        user=uid,
        group=gid,
        extra_groups=[] if account else None,
        umask=0o077 if account else -1,
        start_new_session=True,
        preexec_fn=die_with_parent(death_signal),
    )


def wait_until(done: Callable[[], bool], *, seconds: float, every: float = 0.02) -> bool:
    """Whether `done` came true within that time."""
    deadline = time.monotonic() + seconds
    while not done():
        if time.monotonic() >= deadline:
            return False
        time.sleep(every)
    return True


def is_alive(process: psutil.Process) -> bool:
    """Running, and neither a zombie nor another process under a reused pid."""
    try:
        return bool(process.is_running() and process.status() != psutil.STATUS_ZOMBIE)
    except psutil.Error:
        return False


def end_all(
    processes: Iterable[psutil.Process],
    *,
    signals: Sequence[tuple[signal.Signals, float]],
) -> list[psutil.Process]:
    """Send each signal in turn, waiting its seconds; returns who is alive even after the last (normally nobody)."""
    living = [process for process in processes if is_alive(process)]
    for number, seconds in signals:
        for process in living:
            with contextlib.suppress(psutil.Error):
                process.send_signal(number)
        living = _still_alive(living, seconds=seconds)
        if not living:
            break
    return living


def _still_alive(processes: Sequence[psutil.Process], *, seconds: float) -> list[psutil.Process]:
    wait_until(lambda: not any(map(is_alive, processes)), seconds=seconds)
    return [process for process in processes if is_alive(process)]


def reap_orphans(*, keep: Iterable[int]) -> None:
    """Collect adopted children that have ended, except those whose pids are in `keep` (a Popen waits for them)."""
    kept = set(keep)
    with contextlib.suppress(psutil.Error):
        for child in psutil.Process().children():
            if child.pid not in kept and not is_alive(child):
                with contextlib.suppress(ChildProcessError):
                    os.waitpid(child.pid, os.WNOHANG)
