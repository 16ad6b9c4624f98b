"""Is the task worker really working? A sentence when it is not."""

from __future__ import annotations

import contextlib
import json
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import psutil
import psycopg

from tarsweb.supervisor.service import session_members
from tarsweb.supervisor.worker import RETRY_FILE

WAIT_SECONDS = 20.0
_QUEUE = """
SELECT extract(epoch FROM now() - min(lock) FILTER (WHERE lock <= now())),
       extract(epoch FROM now() - min(lock - %(retry)s * interval '1 second')
               FILTER (WHERE lock > now() AND lock - %(retry)s * interval '1 second' > to_timestamp(%(since)s)))
FROM django_q_ormq
"""


@dataclass(frozen=True)
class Mark:
    """What one worker process last said of itself; `since` in seconds of the epoch."""

    is_busy: bool
    since: float


@dataclass(frozen=True)
class Queue:
    """Ages in seconds: of the oldest row nobody took, and of the oldest one taken since the worker's start."""

    oldest_due: float | None
    oldest_taken: float | None


def read_marks(folder: Path) -> dict[int, Mark]:
    """The marks by pid; a half-written or vanished one is left out."""
    found = {}
    for path in folder.glob("[0-9]*"):
        with contextlib.suppress(OSError, ValueError, KeyError):
            said = json.loads(path.read_text())
            found[int(path.name)] = Mark(is_busy=said["doing"] == "busy", since=float(said["since"]))
    return found


def clear_marks(folder: Path) -> None:
    """Forget everybody's marks, before a new start."""
    for path in folder.glob("*"):
        path.unlink(missing_ok=True)


def read_retry(folder: Path) -> float:
    """Seconds after which django-q2 gives a taken task to somebody else, as the worker's settings say."""
    with contextlib.suppress(OSError, ValueError):
        return float((folder / RETRY_FILE).read_text())
    return 3600.0


def read_queue(url: str, *, retry: float, since: float) -> Queue:
    """How long work has been waiting. `retry` is the queue's retry time; rows taken before `since` are another run's.

    Raises psycopg.Error when the database does not answer: then nothing is known, and the worker is not to blame.
    """
    with psycopg.connect(url, connect_timeout=2, options="-c statement_timeout=2000") as connection:
        due, taken = connection.execute(_QUEUE, {"retry": retry, "since": since}).fetchone() or (None, None)
    return Queue(oldest_due=_seconds(due), oldest_taken=_seconds(taken))


def release_taken(url: str) -> None:
    """Give back what ended workers had taken, so that it runs now and not after the retry time (an hour).

    Only for a database whose single worker is ours and has ended: otherwise running tasks would run twice.
    """
    with contextlib.suppress(psycopg.Error), psycopg.connect(url, connect_timeout=2) as connection:
        connection.execute("UPDATE django_q_ormq SET lock = now() WHERE lock > now()")


def _seconds(value: object) -> float | None:
    return None if value is None else float(str(value))


def process_fault(leader: int, marks: Mapping[int, Mark]) -> str | None:
    """Why these processes cannot be working, seen from outside: one is stopped, or an idle one was killed."""
    members = session_members(leader)
    if any(is_stopped(process.pid) for process in members):
        return "one of its processes is stopped"
    living = {process.pid for process in members}
    if any(pid not in living and not mark.is_busy for pid, mark in marks.items()):
        return "an idle process was killed, which blocks its queue"
    return None


def queue_fault(queue: Queue, marks: Mapping[int, Mark], *, now: float) -> str | None:
    """Why the queue says that nobody works: tasks wait although a worker has had nothing to do for a while."""
    idle_for = [now - mark.since for mark in marks.values() if not mark.is_busy]
    some_idle = max(idle_for, default=0.0) > WAIT_SECONDS
    all_idle = len(idle_for) == len(marks) and min(idle_for, default=0.0) > WAIT_SECONDS
    if some_idle and (queue.oldest_due or 0.0) > WAIT_SECONDS:
        return f"a task has been waiting for {queue.oldest_due:.0f} s beside an idle process"
    if all_idle and (queue.oldest_taken or 0.0) > WAIT_SECONDS:
        return f"a task was taken {queue.oldest_taken:.0f} s ago and nobody works on it"
    return None


def silence_fault(marks: Mapping[int, Mark], *, started_at: float) -> str | None:
    """Why no process at all has reported, half a minute after the start."""
    return None if marks or time.time() - started_at < 30 else "none of its processes has begun"


def is_stopped(pid: int) -> bool:
    """Whether somebody stopped the process (SIGSTOP)."""
    try:
        return bool(psutil.Process(pid).status() == psutil.STATUS_STOPPED)
    except psutil.Error:
        return False
