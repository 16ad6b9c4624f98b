"""When a budget begins and ends: windows follow from time, nothing is ever reset. Pure."""

from __future__ import annotations

from datetime import UTC, datetime


def month_of(at: datetime) -> tuple[datetime, datetime]:
    """The first moment of the (UTC) month of `at`, and that of the next."""
    start = at.astimezone(UTC).replace(day=1, hour=0, minute=0, second=0, microsecond=0)
    year, month = (start.year + 1, 1) if start.month == 12 else (start.year, start.month + 1)
    return start, start.replace(year=year, month=month)
