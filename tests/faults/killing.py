"""A process that is killed at a chosen point: before its n-th statement, around its commits, around an agent's deed.

The child is a fork, so it starts in milliseconds and runs the very code of the product; it dies by SIGKILL, as at the hand of the
kernel: nothing is caught, flushed or rolled back by it.
"""

from __future__ import annotations

import itertools
import logging
import os
import signal
import warnings
from collections.abc import Callable
from typing import Any

from django.db import connection, connections
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.backends.signals import connection_created

FULL = os.environ.get("TARS_PROOF") == "full"


class Point:
    """Counts what happens in the child; the `last` event is never survived. Threads count together."""

    def __init__(self) -> None:
        self._last, self._events = 0, itertools.count(1)

    def arm(self, last: int) -> None:
        self._last, self._events = last, itertools.count(1)

    def passed(self) -> None:
        """One event; called by agents of tests too."""
        if self._last and next(self._events) >= self._last:
            os.kill(os.getpid(), signal.SIGKILL)


point = Point()


def killed(work: Callable[[], object], *, last: int = 0) -> bool:
    """Run `work` in a process of its own that dies at its `last` event (0: it lives); whether it died. Its own failure raises."""
    _, status = os.waitpid(forked(work, last=last), 0)
    if os.WIFSIGNALED(status):
        assert os.WTERMSIG(status) == signal.SIGKILL, status
        return True
    assert os.WEXITSTATUS(status) == 0, "the child failed by itself"
    return False


def forked(work: Callable[[], object], *, last: int = 0) -> int:
    """The id of a process that runs `work` and ends with 0, with 1 where it failed; its parent waits for it."""
    connection.close()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # a fork beside xdist's thread: the child uses none of it
        child = os.fork()
    if child:
        return child
    code = 1
    try:
        logging.disable()
        _watch()
        point.arm(last)
        work()
        code = 0
    finally:
        os._exit(code)


def _watch() -> None:
    """Every statement and both sides of every commit of this process are events."""
    connections.close_all()
    connection_created.connect(_wrap)
    commit = BaseDatabaseWrapper._commit

    def committed(self: BaseDatabaseWrapper) -> Any:
        point.passed()
        done = commit(self)
        point.passed()
        return done

    BaseDatabaseWrapper._commit = committed  # type: ignore[method-assign]


def _wrap(*, connection: BaseDatabaseWrapper, **_: Any) -> None:
    def counted(execute: Any, *args: Any) -> Any:
        point.passed()
        return execute(*args)

    connection.execute_wrappers.append(counted)
