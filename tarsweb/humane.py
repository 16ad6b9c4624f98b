"""Times, numbers, digests and states as a person reads them. Pure: `now` and the zone are arguments."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta, tzinfo
from decimal import Decimal

MINUTE, HOUR, DAY = 60, 3600, 86_400
RELATIVE_DAYS = 30
"""Older or farther than this, a date says more than a distance."""

_MONTHS = (
    "Jan",
    "Feb",
    "Mar",
    "Apr",
    "May",
    "Jun",
    "Jul",
    "Aug",
    "Sep",
    "Oct",
    "Nov",
    "Dec",
)


@dataclass(frozen=True, slots=True)
class Mark:
    """A sign, the word it stands beside, and the tone (a CSS class); the word alone must be enough."""

    mark: str
    word: str
    tone: str


EFFECTS = {
    "tightens": Mark("▼", "tightens", "tighten"),
    "expands": Mark("▲", "expands", "expand"),
    "neutral": Mark("●", "neutral", ""),
    "unclassified": Mark("◆", "unclassified", "expand"),
}
STATES = {
    "draft": Mark("○", "draft", "open"),
    "proposed": Mark("◐", "in review", "accent"),
    "changes_requested": Mark("↺", "changes requested", "expand"),
    "approved": Mark("✓", "approved", "tighten"),
    "scheduled": Mark("◷", "scheduled", "accent"),
    "applied": Mark("●", "applied", "tighten"),
    "rejected": Mark("✕", "rejected", "bad"),
    "expired": Mark("◌", "expired", ""),
    "withdrawn": Mark("−", "withdrawn", ""),
    "rolled_back": Mark("↶", "rolled back", "expand"),
}


def took(ms: float) -> str:
    """604 ms, 4.6 s, 1 min 7 s, 2 h 5 min."""
    if round(ms) < 1000:
        return f"{ms:.0f} ms"
    if round(ms / 1000, 1) < MINUTE:
        return f"{ms / 1000:.1f} s"
    whole = round(ms / 1000)
    if whole < HOUR:
        return f"{whole // MINUTE} min {whole % MINUTE} s"
    return f"{whole // HOUR} h {whole % HOUR // MINUTE} min"


def ago(value: date, *, now: datetime, zone: tzinfo = UTC) -> str:
    """just now, 4 min ago, 3 h ago, yesterday, 6 days ago, then the date; the future likewise: in 3 days."""
    if not isinstance(value, datetime):
        return _days((value - now.astimezone(zone).date()).days) or day(value)
    seconds = round((value - now).total_seconds())
    if abs(seconds) < MINUTE:
        return "just now" if seconds <= 0 else "in under a minute"
    if abs(seconds) < HOUR:
        return _phrase(f"{abs(seconds) // MINUTE} min", seconds)
    if abs(seconds) < DAY:
        return _phrase(f"{abs(seconds) // HOUR} h", seconds)
    local = value.astimezone(zone)
    return _days((local.date() - now.astimezone(zone).date()).days) or day(local)


def _phrase(distance: str, seconds: int) -> str:
    return f"{distance} ago" if seconds < 0 else f"in {distance}"


def _days(days: int) -> str:
    near = {0: "today", -1: "yesterday", 1: "tomorrow"}
    if days in near:
        return near[days]
    return _phrase(f"{abs(days)} days", days) if abs(days) <= RELATIVE_DAYS else ""


def day(value: date) -> str:
    """18 Nov 2026."""
    return f"{value.day} {_MONTHS[value.month - 1]} {value.year}"


def moment(value: date) -> str:
    """18 Nov 2026, 16:04."""
    return f"{day(value)}, {value:%H:%M}" if isinstance(value, datetime) else day(value)


def exact(value: date) -> str:
    """The title of a time: to the second, in UTC. A plain date has no zone and stays itself."""
    if not isinstance(value, datetime):
        return value.isoformat()
    return f"{value.astimezone(UTC):%Y-%m-%d %H:%M:%S} UTC"


def span(value: timedelta) -> str:
    """A length of time: 850 ms, 12 s, 4 min, 3 h, 2 days."""
    seconds = value.total_seconds()
    for size, unit in ((DAY, "day"), (HOUR, "h"), (MINUTE, "min"), (1, "s")):
        if seconds >= size:
            count = int(seconds // size)
            return f"{count} {unit}{'s' if unit == 'day' and count != 1 else ''}"
    return f"{round(seconds * 1000)} ms"


def thousands(value: int | Decimal | str) -> str:
    """18204 → 18,204; text that is no number comes back as it is."""
    if isinstance(value, str):
        if not value.lstrip("-").isdigit():
            return value
        value = int(value)
    return f"{value:,}"


def money(value: Decimal | int | str) -> str:
    """Two decimals, more only where the amount has more; refuses a float (TypeError), which has lost cents already."""
    if isinstance(value, float):
        raise TypeError("Money is Decimal, an integer or text, never a float.")
    amount = Decimal(value)
    exponent = amount.as_tuple().exponent
    places = max(2, -exponent if isinstance(exponent, int) else 2)
    return f"{amount:,.{places}f}"


def digest(value: str | bytes | memoryview) -> tuple[str, str]:
    """(whole, short): ("sha256:9f2c…", "sha256:9f2c…e41b")."""
    text = value if isinstance(value, str) else bytes(value).hex()
    algorithm, _, hexes = text.rpartition(":")
    algorithm = algorithm or "sha256"
    short = hexes if len(hexes) <= 12 else f"{hexes[:4]}…{hexes[-4:]}"
    return f"{algorithm}:{hexes}", f"{algorithm}:{short}"


def words(identifier: str) -> str:
    """governance_tightening → governance tightening."""
    return identifier.replace("_", " ").strip()


def ancestors(pointer: str) -> Iterator[str]:
    """A JSON pointer, then each pointer above it, the empty one last."""
    while pointer:
        yield pointer
        pointer = pointer.rpartition("/")[0]
    yield ""


_BROWSERS = (("Edg", "Edge"), ("OPR", "Opera"), ("Firefox", "Firefox"), ("Chrome", "Chrome"), ("Safari", "Safari"))
_MACHINES = (
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Android", "Android"),
    ("Windows", "Windows"),
    ("Macintosh", "Mac"),
    ("Linux", "Linux"),
)


def device(user_agent: str) -> str:
    """A browser's long name for itself, as people say it: Firefox on Linux."""
    browser = next((name for mark, name in _BROWSERS if f"{mark}/" in user_agent), "")
    machine = next((name for mark, name in _MACHINES if mark in user_agent), "")
    return f"{browser or 'A browser'} on {machine}" if machine else browser or "An unknown device"
