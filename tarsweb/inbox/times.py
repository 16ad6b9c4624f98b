"""When something is due, in words, and until when a person may put it off. Pure: moments and zones are arguments."""

from __future__ import annotations

from datetime import datetime, time, timedelta, tzinfo
from enum import StrEnum

DAY, WEEK = timedelta(days=1), timedelta(days=7)
MORNING = time(8)


class Due(StrEnum):
    OVERDUE = "overdue"
    TODAY = "today"
    WEEK = "week"
    LATER = "later"

    @property
    def rank(self) -> int:
        """0 for the most urgent, for sorting."""
        return list(Due).index(self)


def due_bucket(due_at: datetime | None, *, at: datetime) -> Due:
    """How soon: within 24 hours is today, within seven days this week; nothing due is later."""
    if due_at is None:
        return Due.LATER
    left = due_at - at
    if left < timedelta(0):
        return Due.OVERDUE
    return Due.TODAY if left < DAY else Due.WEEK if left <= WEEK else Due.LATER


class Nap(StrEnum):
    """How long a person puts a question off."""

    HOUR = "hour"
    TOMORROW = "tomorrow"
    MONDAY = "monday"

    @property
    def label(self) -> str:
        return {"hour": "1 hour", "tomorrow": "Tomorrow 8:00", "monday": "Monday 8:00"}[self.value]


def nap_until(nap: Nap, *, at: datetime, zone: tzinfo) -> datetime:
    """The moment a nap ends: in an hour, or at eight in the morning of the person's zone, tomorrow or next Monday."""
    if nap is Nap.HOUR:
        return at + timedelta(hours=1)
    today = at.astimezone(zone).date()
    days = 1 if nap is Nap.TOMORROW else 7 - today.weekday()
    return datetime.combine(today + timedelta(days=days), MORNING, zone).astimezone(at.tzinfo)
