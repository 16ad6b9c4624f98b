"""The last days, in UTC. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Final

CHOICES: Final = (1, 7, 30, 90, 365)
USUAL: Final = 30


@dataclass(frozen=True, slots=True)
class Span:
    """Whole UTC days, both included; the last one is `at`'s, as far as it has come."""

    first: date
    last: date

    @property
    def days(self) -> tuple[date, ...]:
        return tuple(self.first + timedelta(days=n) for n in range((self.last - self.first).days + 1))

    @property
    def starts_at(self) -> datetime:
        return midnight(self.first)


def last_days(count: int, *, at: datetime) -> Span:
    """The last `count` days up to `at`, today included."""
    today = at.astimezone(UTC).date()
    return Span(today - timedelta(days=count - 1), today)


def chosen(text: str) -> int:
    """The number of days that an address asks for; the usual one for what cannot be read."""
    return int(text) if text.isdecimal() and len(text) < 4 and int(text) in CHOICES else USUAL


def midnight(day: date) -> datetime:
    return datetime.combine(day, time.min, tzinfo=UTC)
