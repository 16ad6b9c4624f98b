"""The process that works on requests (decision 0013): claims by lease, works with threads, wakes by NOTIFY.

The state of a request is its row: whatever kills this process costs a lease's time and nothing else.
"""

from __future__ import annotations

import logging
import os
import socket
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor, wait
from datetime import datetime
from pathlib import Path
from threading import Event, Thread
from typing import Any, Final
from uuid import UUID, uuid4

import psycopg
from django.db import close_old_connections, connection, connections
from django.utils import timezone

from routing.executions import due, work

log = logging.getLogger(__name__)
LONGEST_SLEEP: Final = 5.0
SHORTEST_SLEEP: Final = 0.05
GRACE: Final = 8.0
"""Seconds that agents at work have when the runner is asked to stop; below the supervisor's own patience."""


class Runner:
    """Claims as many requests as threads are free, and takes their steps. `beat` is touched while the loop goes round."""

    def __init__(self, *, threads: int, clock: Callable[[], datetime] = timezone.now, beat: Path | None = None) -> None:
        self.name = f"{socket.gethostname()}:{os.getpid()}:{uuid4().hex[:8]}"
        self._threads, self._clock, self._beat = threads, clock, beat
        self._pool = ThreadPoolExecutor(threads, thread_name_prefix="runner")
        self._busy: set[Future[None]] = set()
        self._wake, self._stop = Event(), Event()
        self._turns = 0

    def run(self) -> None:
        """Until `stop`: claim, work, sleep. What is under way then has `GRACE` seconds; the rest is left to its lease."""
        Thread(target=self._listen, name="runner-listen", daemon=True).start()
        while not self._stop.is_set():
            self._touch()
            self._wake.clear()
            if not self._claimed():
                self._wake.wait(self._pause())
        wait(self._busy, timeout=GRACE)
        self._pool.shutdown(wait=False, cancel_futures=True)

    def stop(self, *_: Any) -> None:
        """Take nothing more on; may be called from a signal."""
        self._stop.set()
        self._wake.set()

    def turn(self) -> int:
        """Claim once and wait until that work is done; returns how many requests were claimed."""
        count = self._claimed()
        wait(self._busy)
        return count

    def _claimed(self) -> int:
        self._busy = {one for one in self._busy if not one.done()}
        free = self._threads - len(self._busy)
        if free <= 0:
            return 0
        # A name for each claim: a request whose lease ran out under one thread is somebody else's for the next.
        self._turns += 1
        name = f"{self.name}/{self._turns}"
        try:
            found = due.claim(runner=name, at=self._clock(), most=free)
        except Exception:
            log.exception("nothing could be claimed")
            connections.close_all()
            return 0
        for tenant_id, request_id in found:
            future = self._pool.submit(self._work, tenant_id, request_id, name)
            self._busy.add(future)
            future.add_done_callback(lambda _: self._wake.set())
        return len(found)

    def _work(self, tenant_id: UUID, request_id: UUID, name: str) -> None:
        close_old_connections()
        try:
            work.advance(
                tenant_id=tenant_id,
                request_id=request_id,
                clock=self._clock,
                runner=name,
                is_stopping=self._stop.is_set,
            )
        except Exception:
            log.exception("request %s: its turn failed", request_id)
            connections.close_all()

    def _pause(self) -> float:
        """Seconds until something may be due: everything else wakes by name."""
        if len(self._busy) >= self._threads:
            return LONGEST_SLEEP
        try:
            with connection.cursor() as cursor:
                cursor.execute("SELECT next FROM tars_due(%s)", [self._clock()])
                row = cursor.fetchone()
        except Exception:
            connections.close_all()
            return LONGEST_SLEEP
        if row is None or row[0] is None:
            return LONGEST_SLEEP
        seconds = (row[0] - self._clock()).total_seconds()
        return min(max(seconds, SHORTEST_SLEEP), LONGEST_SLEEP)

    def _listen(self) -> None:
        """Wake the loop whenever something becomes due. While the connection is lost the loop looks by itself."""
        while not self._stop.is_set():
            try:
                with psycopg.connect(**_parameters(), autocommit=True) as listening:
                    listening.execute(f"LISTEN {due.CHANNEL}")
                    while not self._stop.is_set():
                        for _ in listening.notifies(timeout=1.0, stop_after=1):
                            self._wake.set()
            except psycopg.Error:
                self._stop.wait(1.0)

    def _touch(self) -> None:
        if self._beat is not None:
            try:
                self._beat.touch()
            except OSError:
                log.warning("the beat could not be written")


def _parameters() -> dict[str, Any]:
    wanted = ("host", "port", "user", "password", "dbname", "sslmode", "sslrootcert")
    return {name: value for name, value in connection.get_connection_params().items() if name in wanted}
