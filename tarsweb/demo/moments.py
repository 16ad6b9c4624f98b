"""When things happen in a story, told relative to the day it is played. Pure.

| text | means |
|---|---|
| `day 31 03:10` | UTC, counted so that the story's last day is the day of the end |
| `ago 3h` | before the end; `m`, `h` and `d` may be combined: `ago 1d 4h` |
| `in 6d` | after the end |
| `+4h` | after the step before |
"""

from __future__ import annotations

import re
from datetime import date, datetime, time, timedelta

_DAY = re.compile(r"day (\d{1,3}) (\d\d):(\d\d)")
_SPAN = re.compile(r"(\d+)([mhd])")
_UNITS = {"m": "minutes", "h": "hours", "d": "days"}
_DATE = re.compile(r"\{day (\d{1,3})\}")


class BadMoment(ValueError):
    """A story says a time in a way nobody understands: a mistake of its author."""


def day_of(number: int, *, end: datetime, days: int) -> date:
    """The date of a story's day; day `days` is the day of `end`."""
    return end.date() - timedelta(days=days - number)


def moment(text: str, *, end: datetime, days: int, before: datetime | None = None) -> datetime:
    """The moment a text means; `before` is the step it follows. Raises `BadMoment`."""
    if found := _DAY.fullmatch(text):
        number, hour, minute = map(int, found.groups())
        return datetime.combine(day_of(number, end=end, days=days), time(hour, minute), tzinfo=end.tzinfo)
    word, _, rest = text.partition(" ")
    if word == "ago":
        return end - _span(rest)
    if word == "in":
        return end + _span(rest)
    if text.startswith("+") and before is not None:
        return before + _span(text[1:])
    raise BadMoment(f"{text!r} is no moment of a story.")


def dated(text: str, *, end: datetime, days: int) -> str:
    """The text with every `{day 31}` as a date."""
    return _DATE.sub(lambda found: day_of(int(found[1]), end=end, days=days).isoformat(), text)


def _span(text: str) -> timedelta:
    parts = _SPAN.findall(text)
    if not parts or _SPAN.sub("", text).strip():
        raise BadMoment(f"{text!r} is no length of time.")
    return sum((timedelta(**{_UNITS[unit]: int(count)}) for count, unit in parts), timedelta())
