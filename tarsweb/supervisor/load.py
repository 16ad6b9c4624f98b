"""How the runner does: when its loop last went round, and how much waits for it. Read without Django too."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final

import psycopg

from tarsweb.supervisor.runner import BEAT_FILE

SQL: Final = "SELECT waiting, oldest, working FROM tars_due(%s)"
SILENT: Final = timedelta(minutes=1)
"""A loop that did not go round for so long is started again."""


@dataclass(frozen=True, slots=True)
class Load:
    """`waiting` requests are due and nobody has them, the oldest since `oldest`; `working` are being worked on now."""

    last_round_at: datetime | None
    waiting: int
    oldest: datetime | None
    working: int

    def is_alive(self, at: datetime) -> bool:
        return self.last_round_at is not None and at - self.last_round_at < SILENT

    def lateness(self, at: datetime) -> timedelta:
        """How long the oldest that is due has been waiting."""
        return max(at - self.oldest, timedelta()) if self.oldest else timedelta()

    def as_json(self, at: datetime) -> dict[str, Any]:
        """For a program."""
        return {
            "is_alive": self.is_alive(at),
            "last_round_at": self.last_round_at.isoformat() if self.last_round_at else None,
            "due": self.waiting,
            "oldest_waits_seconds": self.lateness(at).total_seconds(),
            "working": self.working,
        }

    def sentence(self, at: datetime) -> str:
        """For a person."""
        if self.last_round_at is None:
            said = "The runner has not gone round yet."
        else:
            said = f"The runner's last round was {_seconds(at - self.last_round_at)} ago."
        late = f", the oldest for {_seconds(self.lateness(at))}" if self.waiting else ""
        return f"{said} Due: {self.waiting}{late}. Being worked on: {self.working}."


def load_of(home: Path, row: Sequence[Any]) -> Load:
    """From the data folder and a row of `SQL`."""
    return Load(last_round(home), int(row[0]), row[1], int(row[2]))


def last_round(home: Path) -> datetime | None:
    """When the runner's loop last went round; None when it never did."""
    try:
        return datetime.fromtimestamp((home / BEAT_FILE).stat().st_mtime, UTC)
    except OSError:
        return None


def read(url: str, *, home: Path, at: datetime) -> Load:
    """The load by a database's address. Raises psycopg.Error when it does not answer."""
    with psycopg.connect(url, connect_timeout=2, options="-c statement_timeout=2000") as connection:
        return load_of(home, connection.execute(SQL, [at]).fetchone() or (0, None, 0))


def _seconds(age: timedelta) -> str:
    seconds = max(int(age.total_seconds()), 0)
    return f"{seconds} s" if seconds < 120 else f"{seconds // 60} min"
