"""When something is warm, cold, archived, due to be destroyed: the steps of seeds/004 "Lifecycle Management". Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

WARM, COLD, ARCHIVED = timedelta(days=30), timedelta(days=90), timedelta(days=365)
"""Without access for so long."""
STATES: Final = ("HOT", "WARM", "COLD", "ARCHIVED", "PRUNED")
MOST_DAYS: Final = 1_000_000
"""A constitution that asks for longer gets so many: a later day has no date. `tars_kept_until` says so too."""
_BEGINS: Final = (("HOT", timedelta(0)), ("WARM", WARM), ("COLD", COLD), ("ARCHIVED", ARCHIVED))


@dataclass(frozen=True, slots=True)
class Standing:
    """Where something is on its way: since when, what comes next and when, and why. `next_state` is "" at the end."""

    state: str
    since: datetime
    next_state: str
    next_at: datetime | None
    why: str

    @property
    def place(self) -> int:
        """0 for HOT to 4 for PRUNED."""
        return STATES.index(self.state)

    @property
    def points(self) -> tuple[tuple[str, str], ...]:
        """Every state with how it stands: done, now or open."""
        return tuple(
            (one, "done" if at < self.place else "now" if at == self.place else "open") for at, one in enumerate(STATES)
        )


def state_at(last_accessed_at: datetime, *, at: datetime) -> str:
    """HOT, WARM, COLD or ARCHIVED: what the time without access makes of it."""
    idle = at - last_accessed_at
    return [state for state, begins in _BEGINS if idle >= begins or state == "HOT"][-1]


def standing(
    *, state: str, last_accessed_at: datetime, archived_at: datetime | None = None, kept_until: datetime | None = None
) -> Standing:
    """How an execution's bar reads. `archived_at` and `kept_until` are asked for only where it is archived."""
    if state == "PRUNED":
        why = "Its contents were destroyed. This row is what is left."
        return Standing(state, archived_at or last_accessed_at, "", None, why)
    if state == "ARCHIVED":
        why = "Nobody opened it for 365 days. It is kept until its retention is over; then a person may destroy it."
        return Standing(state, archived_at or last_accessed_at + ARCHIVED, "PRUNED", kept_until, why)
    return _on_its_way(state, last_accessed_at)


def standing_of_system(
    *,
    state: str,
    last_accessed_at: datetime,
    archived_at: datetime | None,
    kept_until: datetime | None = None,
    destroyed_at: datetime | None = None,
    is_law: bool,
) -> Standing:
    """How a system's bar reads. `kept_until` and `destroyed_at` are asked for only where it is archived, or destroyed."""
    if is_law:
        return Standing("HOT", last_accessed_at, "", None, "Every decision asks the law, so it does not age.")
    if state == "PRUNED":
        why = "It was destroyed. Its name, versions and constitution stay as evidence; it cannot come back."
        return Standing(state, destroyed_at or last_accessed_at, "", None, why)
    if state == "ARCHIVED":
        why = (
            "Nobody used or opened it for 365 days. The next request, or opening its page, makes it HOT; once its retention is "
            "over a person may destroy it, unless it is active, needed, on hold, or has executions that are kept."
        )
        return Standing(state, archived_at or last_accessed_at + ARCHIVED, "PRUNED", kept_until, why)
    return _on_its_way(state, last_accessed_at)


def _on_its_way(state: str, last_accessed_at: datetime) -> Standing:
    begins = dict(_BEGINS)
    following = STATES[STATES.index(state) + 1]
    days = begins[following].days
    why = f"Used or opened last on {last_accessed_at:%d %b %Y}. {following} comes after {days} days without access."
    return Standing(state, last_accessed_at + begins[state], following, last_accessed_at + begins[following], why)


def kept_until(archived_at: datetime, *, years: int, constitution: Mapping[str, Any]) -> datetime:
    """Until when something archived is kept: the longer of the tenant's years and the constitution's days."""
    nested = constitution.get("retention")
    days = [
        constitution.get("retention_period_days"),
        nested.get("period_days") if isinstance(nested, Mapping) else None,
    ]
    ends = [_years_on(archived_at, years)]
    ends += [
        archived_at + timedelta(days=max(0.0, min(float(one), MOST_DAYS)))
        for one in days
        if isinstance(one, int | float) and not isinstance(one, bool)
    ]
    return max(ends)


def years_said(years: int) -> str:
    """A number of years in words."""
    return f"{years} year{'' if years == 1 else 's'}"


def _years_on(moment: datetime, years: int) -> datetime:
    """As Postgres adds years: the 29th of February becomes the 28th."""
    try:
        return moment.replace(year=moment.year + years)
    except ValueError:
        return moment.replace(year=moment.year + years, day=28)
