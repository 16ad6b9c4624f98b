"""Live sessions kept for reuse, in one event loop of this process.

INVARIANTS: a session belongs to one key (a connector of one tenant with one configuration). A dead session is never handed out, a
stuck one is killed with its children, an idle one is closed after a while. After a fork the child begins with an empty pool and
leaves the parent's processes alone.
"""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import Callable, Hashable
from functools import cache
from multiprocessing.util import Finalize
from threading import Lock, Thread
from typing import Any, Final

from routing.connectors.contract import AgentError, OnProgress, TimedOut
from routing.connectors.mcp_faults import Again
from routing.connectors.mcp_sessions import Job, Line, Session, Work

IDLE: Final = 60.0
MOST_IDLE: Final = 8
"""Idle sessions kept for one key."""
BACKSTOP: Final = 3.0
"""Seconds after the deadline in which the loop must have said so itself."""


class Pool:
    """The sessions of this process, and the thread whose loop they live in."""

    def __init__(self, *, idle_seconds: float = IDLE) -> None:
        self.idle_seconds = idle_seconds
        self.live: set[Session] = set()
        self._idle: dict[Hashable, list[Session]] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._loop = asyncio.new_event_loop()
        Thread(target=self._loop.run_forever, name="mcp-sessions", daemon=True).start()

    def run(
        self, *, key: Hashable, line: Callable[[], Line], work: Work, seconds: float, on_progress: OnProgress
    ) -> Any:
        """Do the work in an idle session of the key or in a new one; raises the errors of `contract.py`."""
        ends = time.monotonic() + seconds
        try:
            return self._run(key, line, Job(work, seconds), on_progress)
        except Again:
            left = max(ends - time.monotonic(), 0.0)
            return self._run(key, line, Job(work, left), on_progress, is_fresh=True)

    def close(self, key: Hashable) -> None:
        """Close the idle sessions of a key."""
        self._loop.call_soon_threadsafe(self._close, key)

    def kill_all(self) -> None:
        """End every process; when this process ends."""
        for session in tuple(self.live):
            session.line.kill()

    def rest(self, session: Session) -> None:
        """Keep a session for the next job, or end it when there are enough."""
        kept = self._idle.setdefault(session.key, [])
        kept.append(session)
        if len(kept) > MOST_IDLE:
            kept.pop(0).leave()

    def forget(self, session: Session) -> None:
        """A session is over."""
        self.live.discard(session)
        kept = self._idle.get(session.key, [])
        if session in kept:
            kept.remove(session)
        if not kept:
            self._idle.pop(session.key, None)

    def _run(
        self, key: Hashable, line: Callable[[], Line], job: Job, on_progress: OnProgress, *, is_fresh: bool = False
    ) -> Any:
        asyncio.run_coroutine_threadsafe(self._give(key, line, job, is_fresh), self._loop)
        try:
            return job.handover.result(seconds=job.seconds + BACKSTOP, on_progress=on_progress)
        except TimeoutError:
            self._abandon(job)
            raise TimedOut("The agent was still at work when its time was over.") from None
        except AgentError:
            raise
        except BaseException:
            self._abandon(job)
            raise

    async def _give(self, key: Hashable, line: Callable[[], Line], job: Job, is_fresh: bool) -> None:
        try:
            if is_fresh:
                self._close(key)
            kept = self._idle.get(key, [])
            while kept:
                session = kept.pop()
                if session.take(job):
                    return
                session.leave()
            session = Session(self, key, line(), job)
            self.live.add(session)
            task = self._loop.create_task(session.run())
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)
        except Exception as error:
            job.handover.failed(error)

    def _abandon(self, job: Job) -> None:
        session = job.session
        if session is not None and session.job is job:
            session.line.kill()
            self._loop.call_soon_threadsafe(session.scope.cancel)

    def _close(self, key: Hashable) -> None:
        for session in self._idle.pop(key, []):
            session.leave()


_lock = Lock()


@cache
def _pool_of(_pid: int) -> Pool:
    made = Pool()
    # Runs also where a forked worker ends without its atexit handlers.
    Finalize(None, made.kill_all, exitpriority=10)
    return made


def pool() -> Pool:
    """This process's pool."""
    with _lock:
        return _pool_of(os.getpid())


def _after_fork() -> None:
    global _lock
    _lock = Lock()
    _pool_of.cache_clear()


os.register_at_fork(after_in_child=_after_fork)
