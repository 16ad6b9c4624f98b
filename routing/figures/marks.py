"""How far a rollup reaches, and the moment before which no row can appear any more."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Final, TypeVar
from uuid import UUID

from django.db import connection

from governance import sql
from governance.errors import DomainError
from governance.ids import new_id
from routing.figures.models import FigureMark

SLACK: Final = timedelta(minutes=5)
"""Between reading the clock for a row and beginning its transaction; microseconds in practice."""

_OLDEST: Final = """
SELECT min(xact_start) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()
"""
_MARK: Final = "SELECT * FROM figure_marks WHERE tenant_id = %s AND source = %s"
TRIES: Final = 5
R = TypeVar("R")


class Moving(DomainError):
    """The rollups moved each time they were read."""

    code = "figures_moving"
    status = 503


def read_of_one_moment(read: Callable[[], R | None]) -> R:
    """What `read` gives; it asks for the mark, then for what stands around it, and gives None where a task moved the mark
    between the two. Raises `Moving` where that goes on."""
    for _ in range(TRIES):
        if (found := read()) is not None:
            return found
    raise Moving("The figures were being brought up to date. Ask again.")


def held(*, tenant_id: UUID, source: str, at: datetime, waits: bool = False) -> FigureMark | None:
    """The mark, locked until the transaction ends; None where another worker holds it, unless that is waited for."""
    rows = FigureMark.objects.filter(tenant_id=tenant_id, source=source)
    if not rows.exists():
        FigureMark.objects.bulk_create(
            [FigureMark(id=new_id(at), tenant_id=tenant_id, source=source)], ignore_conflicts=True
        )
    return rows.select_for_update(skip_locked=not waits, of=("self",)).first()


def of(*, tenant_id: UUID, source: str) -> FigureMark:
    """The mark as it stands; one that reaches nowhere where nothing was rolled up yet."""
    found = sql.read(FigureMark, _MARK, [tenant_id, source])
    return found[0] if found else FigureMark(tenant_id=tenant_id, source=source)


def horizon(*, at: datetime) -> datetime:
    """Rows that are stamped before this are there for everybody to see, or will never be.

    HAZARD: a row is stamped before its transaction ends, so the oldest one that runs bounds it; and the stamp is read before its
    transaction begins, by a moment that `SLACK` covers. A process that stood still for longer in between leaves a row behind
    the mark: the nightly check finds it.
    """
    with connection.cursor() as cursor:
        cursor.execute(_OLDEST)
        (oldest,) = cursor.fetchone()
    return min(at, oldest or at) - SLACK
