"""Everything that runs by the clock, in one list. `ensure` makes the rows agree with it, at each start of the worker.

Times are UTC. A schedule only wakes a task; the task reads the clock itself and may run twice without harm.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, time, timedelta

from django_q.models import Schedule

_PREFIX = "tars: "


@dataclass(frozen=True, slots=True)
class Entry:
    """A task by its dotted name: every `minutes`, or once a day at `daily_at` (UTC)."""

    name: str
    func: str
    minutes: int | None = None
    daily_at: time | None = None


ENTRIES = (Entry("apply and expire what is due", "governance.amendments.tasks.tick", minutes=1),)


def ensure(*, at: datetime) -> None:
    """Create what is missing, correct what differs, delete what is no longer listed; leave the next run of the rest."""
    listed = [_PREFIX + entry.name for entry in ENTRIES]
    for entry in ENTRIES:
        timing = {
            "func": entry.func,
            "schedule_type": Schedule.DAILY if entry.daily_at else Schedule.MINUTES,
            "minutes": entry.minutes,
            "repeats": -1,
        }
        row = Schedule.objects.filter(name=_PREFIX + entry.name).order_by("id").first()
        if row is None:
            row = Schedule(name=_PREFIX + entry.name, next_run=_first_run(entry, at=at))
        elif all(getattr(row, name) == value for name, value in timing.items()):
            continue
        else:
            row.next_run = _first_run(entry, at=at)
        for name, value in timing.items():
            setattr(row, name, value)
        row.save()
    Schedule.objects.filter(name__startswith=_PREFIX).exclude(name__in=listed).delete()


def _first_run(entry: Entry, *, at: datetime) -> datetime:
    if entry.daily_at is None:
        return at
    today = datetime.combine(at.date(), entry.daily_at, tzinfo=at.tzinfo)
    return today if today > at else today + timedelta(days=1)
