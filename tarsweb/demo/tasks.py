"""The demo in the task worker."""

from __future__ import annotations

from datetime import datetime

from django_q.models import Schedule
from django_q.tasks import async_task

from tarsweb.demo import actions

FILL = "tarsweb.demo.tasks.fill"
RESUME = "demo: go on filling"


def start_filling(*, at: datetime) -> None:
    """Have the worker fill the demo: now, and every minute until it is full, so that a killed worker is made up for."""
    _, is_new = Schedule.objects.get_or_create(
        name=RESUME,
        defaults={"func": FILL, "schedule_type": Schedule.MINUTES, "minutes": 1, "repeats": -1, "next_run": at},
    )
    if is_new:
        async_task(FILL, task_name="Fill the demo")


def fill() -> dict[str, int]:
    """Play what is left of the story; returns the steps played in each world. Runs twice without harm."""
    reports = actions.fill()
    if reports:
        Schedule.objects.filter(name=RESUME).delete()
    return {world: report.played for world, report in reports.items()}
