"""What the supervisor does while everything runs: look, and start again what died or froze."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

import psycopg

from governance.errors import DomainError
from tarsweb.supervisor import pulse, web
from tarsweb.supervisor.database import Database, answers
from tarsweb.supervisor.service import Service

_PROCESS_SECONDS = 2.0
_PROBE_SECONDS = 10.0
_RETRY_SECONDS = 5.0
_MISSES = 3
_BEAT_SECONDS = 60.0
_GRACE = 10.0
Say = Callable[[str], None]


class _Every:
    """True once per interval."""

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._next = time.monotonic() + seconds

    def __bool__(self) -> bool:
        if time.monotonic() < self._next:
            return False
        self._next = time.monotonic() + self._seconds
        return True


class DatabaseWatch:
    """Starts the database again when its server is gone, and keeps trying; a merely slow one is left alone."""

    def __init__(self, database: Database, *, restarted: Callable[[], None], say: Say) -> None:
        self._database, self._restarted, self._say = database, restarted, say
        self._retry, self._last_refusal = _Every(0.0), ""

    def look(self) -> None:
        """One glance; a start that fails is told once and tried again every few seconds."""
        if not self._database.has_ended() or not self._retry:
            return
        if not self._last_refusal:
            self._say("The database has ended; starting it again")
        try:
            self._database.stop()
            self._database.start()
        except DomainError as refusal:
            if refusal.sentence != self._last_refusal:
                self._say(refusal.sentence)
            self._last_refusal, self._retry = refusal.sentence, _Every(_RETRY_SECONDS)
            return
        self._last_refusal, self._retry = "", _Every(0.0)
        self._restarted()
        self._say("The database is back")


class WebWatch:
    """Starts the web server again when it has ended, or three times in a row has not answered for a living database."""

    def __init__(self, service: Service, *, host: str, port: int, database: Database, say: Say) -> None:
        self._service, self._host, self._port, self._database, self._say = service, host, port, database, say
        self._probe, self._misses = _Every(_PROBE_SECONDS), 0

    def look(self) -> None:
        """One glance; a probe now and then."""
        if self._service.has_ended():
            if self._service.restart_due():
                self._restart("has ended")
        elif self._probe and self._has_missed_too_often():
            self._restart("does not answer")

    def _has_missed_too_often(self) -> bool:
        self._misses = 0 if web.is_answering(self._host, self._port) else self._misses + 1
        # Threads that wait for a frozen database come back with it; a restart would only lose their work.
        return self._misses >= _MISSES and answers(self._database.url())

    def _restart(self, why: str) -> None:
        self._say(f"The web server {why}; starting it again")
        self._misses = 0
        self._service.restart()


class WorkerWatch:
    """Starts the task worker again when it has ended or is frozen, by its processes, its marks and its queue."""

    def __init__(self, service: Service, *, marks: Path, database: Database, say: Say) -> None:
        self._service, self._marks, self._database, self._say = service, marks, database, say
        self._glance, self._probe, self._suspect = _Every(_PROCESS_SECONDS), _Every(_PROBE_SECONDS), ""

    def look(self) -> None:
        """One glance; the queue now and then."""
        if self._service.has_ended():
            if self._service.restart_due():
                self._restart("has ended", grace=0.0)
        elif self._glance and (fault := self._process_fault() or (self._queue_fault() if self._probe else None)):
            self._restart(f"is frozen: {fault}", grace=0.0 if "stopped" in fault else _GRACE)

    def _process_fault(self) -> str | None:
        """A fault counts when it is seen twice: a worker that ends as it should may be caught in the act."""
        fault = pulse.process_fault(self._service.pid or 0, pulse.read_marks(self._marks)) or ""
        seen_before, self._suspect = fault == self._suspect, fault
        return fault if fault and seen_before else None

    def _queue_fault(self) -> str | None:
        marks, since = pulse.read_marks(self._marks), self._service.started_at
        try:
            queue = pulse.read_queue(self._database.url(), retry=pulse.read_retry(self._marks), since=since)
        except psycopg.Error:
            return None
        return pulse.queue_fault(queue, marks, now=time.time()) or pulse.silence_fault(marks, started_at=since)

    def restart(self, *, grace: float) -> None:
        """Start it afresh, with no old marks; what it had taken is taken again."""
        self._service.stop(grace=grace)
        self.start()

    def start(self) -> None:
        """Start it when none of it runs."""
        pulse.clear_marks(self._marks)
        if self._database.is_ours:
            pulse.release_taken(self._database.url())
        self._service.start()

    def _restart(self, why: str, *, grace: float) -> None:
        self._say(f"The task worker {why}; starting it again")
        self._suspect = ""
        self.restart(grace=grace)


class RunnerWatch:
    """Starts the runner again when it has ended, was stopped, or its loop has not gone round for a minute.

    What it had begun is found by its leases, by the next one.
    """

    def __init__(self, service: Service, *, beat: Path, say: Say) -> None:
        self._service, self._beat, self._say = service, beat, say
        self._glance, self._probe = _Every(_PROCESS_SECONDS), _Every(_PROBE_SECONDS)
        self._was_stopped = False

    def look(self) -> None:
        """One glance; at the beat now and then."""
        if self._service.has_ended():
            if self._service.restart_due():
                self._restart("has ended")
        elif self._glance and self._is_stopped():
            self._restart("is stopped")
        elif self._probe and time.time() - self._last_beat() > _BEAT_SECONDS:
            self._restart("is frozen")

    def _is_stopped(self) -> bool:
        """Seen twice: somebody may look at it for a moment. Its agents are not asked: one that is stopped runs out of time."""
        is_stopped = pulse.is_stopped(self._service.pid or 0)
        was_stopped, self._was_stopped = self._was_stopped, is_stopped
        return is_stopped and was_stopped

    def _last_beat(self) -> float:
        try:
            return max(self._beat.stat().st_mtime, self._service.started_at)
        except OSError:
            return self._service.started_at

    def _restart(self, why: str) -> None:
        self._say(f"The runner {why}; starting it again")
        self._was_stopped = False
        self._service.restart()


class EndWatch:
    """Starts a child again when it has ended."""

    def __init__(self, service: Service, *, say: Say) -> None:
        self._service, self._say = service, say

    def look(self) -> None:
        """One glance."""
        if self._service.has_ended() and self._service.restart_due():
            self._say(f"The {self._service.name} has ended; starting it again")
            self._service.restart()
