"""When a budget begins and ends: windows follow from time, nothing is ever reset. Pure.

The arithmetic is that of the safety budgets (`governance.rulebook.safety`): UTC, weeks from Monday.
"""

from __future__ import annotations

from datetime import datetime

from governance.rulebook.safety import WINDOWS, ends_at, starts_at


def window_of(window: str, at: datetime) -> tuple[datetime, datetime]:
    """The first moment of the hour, day, week or month (UTC) that holds `at`, and that of the next."""
    return starts_at(window, at), ends_at(window, at)


def month_of(at: datetime) -> tuple[datetime, datetime]:
    """The first moment of the (UTC) month of `at`, and that of the next."""
    return window_of("monthly", at)


def starts_of(at: datetime) -> list[datetime]:
    """When the hour, the day, the week and the month that hold `at` began, in this order."""
    return [starts_at(window, at) for window in WINDOWS]
