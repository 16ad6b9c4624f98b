"""When a budget begins and ends: windows follow from time, nothing is ever reset. Pure.

The arithmetic is that of the safety budgets (`governance.rulebook.safety`): UTC, weeks from Monday.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from functools import lru_cache

from governance.rulebook.safety import WINDOWS, ends_at, starts_at


def window_of(window: str, at: datetime) -> tuple[datetime, datetime]:
    """The first moment of the hour, day, week or month (UTC) that holds `at`, and that of the next."""
    return starts_at(window, at), ends_at(window, at)


def span_of(window: str, starts: datetime, ends: datetime) -> str:
    """A window for people, in UTC as it is: November 2026; 23 Nov – 29 Nov 2026; 28 Nov 2026; 28 Nov 2026, 15:00 – 16:00."""
    first, last = starts.astimezone(UTC), ends.astimezone(UTC) - timedelta(days=1)
    match window:
        case "monthly":
            return f"{first:%B %Y}"
        case "weekly":
            return f"{first.day} {first:%b} – {last.day} {last:%b %Y}"
        case "daily":
            return f"{first.day} {first:%b %Y}"
    return f"{first.day} {first:%b %Y, %H:%M} – {ends.astimezone(UTC):%H:%M}"


def month_of(at: datetime) -> tuple[datetime, datetime]:
    """The first moment of the (UTC) month of `at`, and that of the next."""
    return window_of("monthly", at)


def starts_of(at: datetime) -> list[datetime]:
    """When the hour, the day, the week and the month that hold `at` began, in this order."""
    return list(_starts_of(at.astimezone(UTC).replace(minute=0, second=0, microsecond=0)))


@lru_cache(maxsize=64)
def _starts_of(hour: datetime) -> tuple[datetime, ...]:
    return tuple(starts_at(window, hour) for window in WINDOWS)
