"""Which tenants approach their limit: figures of their running budgets, and nothing of what is in them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any, Final
from uuid import UUID

from django.db import connection

from billing.budgets.amounts import text
from billing.budgets.bars import part
from billing.budgets.board import Meter
from governance.exports.table import Column, Row, as_csv, as_json
from governance.scope import Actor

LEVELS: Final = {"near": "At or above an alert mark", "full": "Something is used up", "none": "Without any budget"}
SORTS: Final = {"": "The fullest first", "dollars": "The most dollars taken first", "name": "By name"}
COLUMNS: Final = (
    "id", "name", "state", "is_demo", "budgets", "near", "used_up", "resource_type", "window_type", "window_end",
    "total_budget", "used", "reserved", "part", "dollars_total", "dollars_used", "dollars_reserved",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Filter:
    """What the list is narrowed to and how it is sorted."""

    q: str = ""
    level: str = ""
    sort: str = ""

    @property
    def is_narrow(self) -> bool:
        return bool(self.q or self.level)

    def fits(self, line: Line) -> bool:
        levels = {"near": line.near > 0, "full": line.used_up > 0, "none": line.budgets == 0}
        return self.q.casefold() in line.name.casefold() and levels.get(self.level, True)


@dataclass(frozen=True, slots=True)
class Line:
    """One tenant: how many budgets run, how many are near, its fullest, and the dollars of its longest window."""

    id: UUID
    name: str
    is_active: bool
    is_demo: bool
    budgets: int
    near: int
    used_up: int
    fullest: Meter | None
    dollars_total: Decimal | None
    dollars_used: Decimal | None
    dollars_reserved: Decimal | None

    @property
    def dollars_taken(self) -> Decimal:
        return (self.dollars_used or Decimal(0)) + (self.dollars_reserved or Decimal(0))

    def as_row(self) -> dict[str, Any]:
        """For files and the API; amounts are decimal text."""
        one = self.fullest
        found: dict[str, Any] = {
            "id": str(self.id),
            "name": self.name,
            "state": "active" if self.is_active else "deactivated",
            "is_demo": self.is_demo,
            "budgets": self.budgets,
            "near": self.near,
            "used_up": self.used_up,
            "resource_type": one.type if one else None,
            "window_type": one.window if one else None,
            "window_end": one.ends_at if one else None,
            "total_budget": text(one.total) if one else None,
            "used": text(one.used) if one else None,
            "reserved": text(one.reserved) if one else None,
            "part": f"{part(total=one.total, taken=one.committed):.4f}" if one else None,
        }
        dollars = ("dollars_total", "dollars_used", "dollars_reserved")
        return found | {name: None if getattr(self, name) is None else text(getattr(self, name)) for name in dollars}


def lines(*, actor: Actor, at: datetime, filter: Filter | None = None) -> tuple[Line, ...]:
    """Every tenant, the fullest first; the database answers nobody who is not platform staff. One query."""
    asked = filter or Filter()
    with connection.cursor() as cursor:
        cursor.execute("SELECT * FROM tars_platform_budgets(%s, %s)", [actor.user_id, at])
        found = [_line(row, at=at) for row in cursor.fetchall()]
    return _sorted((line for line in found if asked.fits(line)), by=asked.sort)


def file_of(found: Iterable[Line], *, format: str) -> bytes:
    """The same list as a file, `csv` or `json`."""
    rows = [Row(line.as_row()) for line in found]
    return b"".join(as_json(rows) if format == "json" else as_csv(map(Column, COLUMNS), rows))


def _sorted(found: Iterable[Line], *, by: str) -> tuple[Line, ...]:
    if by == "dollars":
        return tuple(sorted(found, key=lambda line: (-line.dollars_taken, line.name)))
    return tuple(sorted(found, key=lambda line: line.name.casefold()) if by == "name" else found)


def _line(row: tuple[Any, ...], *, at: datetime) -> Line:
    fullest = row[7] and Meter(
        id=row[0],
        type=row[7],
        window=row[8],
        starts_at=at,
        ends_at=row[9],
        total=row[10],
        used=row[11],
        reserved=row[12],
        alert_threshold=row[13],
    )
    id, name, is_active, is_demo, budgets, near, used_up = row[:7]
    total, used, reserved = row[14:17]
    return Line(id, name, is_active, is_demo, budgets, near, used_up, fullest or None, total, used, reserved)
