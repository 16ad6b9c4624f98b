from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import Q, QuerySet

from governance.errors import NotFound
from governance.estop.models import EStop
from governance.scope import Scope


@dataclass(frozen=True, slots=True)
class Stop:
    """One press of the button. `system` is "" when everything is stopped; `lifted_at` is None while it is in force."""

    id: UUID
    system: str
    reason: str
    stopped_at: datetime
    stopped_by: str
    user_id: UUID | None
    lifted_at: datetime | None = None
    lifted_by: str = ""
    lifted_because: str = ""

    @property
    def is_everything(self) -> bool:
        return not self.system


def active(*, tenant_id: UUID, system_id: UUID | None) -> Stop | None:
    """The stop in force for a system: of everything before its own. With None only a stop of everything. One query."""
    reach = Q(system_id=None) | Q(system_id=system_id) if system_id else Q(system_id=None)
    rows = EStop.objects.filter(reach, tenant_id=tenant_id, lifted_at=None)
    return next(_stops(rows.order_by("-system_id")), None)


def in_force(*, scope: Scope) -> tuple[Stop, ...]:
    """Every stop in force, of everything first, then the oldest first. One query."""
    rows = EStop.objects.filter(tenant_id=scope.tenant_id, lifted_at=None)
    return tuple(sorted(_stops(rows.order_by("id")), key=lambda stop: bool(stop.system)))


def stops(*, scope: Scope, is_in_force: bool | None = None) -> QuerySet[EStop, tuple[Any, ...]]:
    """Every press of the button, newest first; slice it and give it to `listed`."""
    rows = EStop.objects.filter(tenant_id=scope.tenant_id)
    if is_in_force is not None:
        rows = rows.filter(lifted_at__isnull=is_in_force)
    return rows.order_by("-id").values_list(*_COLUMNS)


def listed(rows: Iterable[tuple[Any, ...]]) -> list[Stop]:
    """A slice of `stops` with names."""
    return [_stop(row) for row in rows]


def stop_of(*, scope: Scope, stop_id: UUID) -> Stop:
    """One press of the button. Raises `NotFound`."""
    found = next(_stops(EStop.objects.filter(tenant_id=scope.tenant_id, id=stop_id)), None)
    if found is None:
        raise NotFound("There is no such stop. The page E-stop lists those there are.")
    return found


_COLUMNS = (
    "id",
    "system__name",
    "reason",
    "stopped_at",
    "stopped_by",
    "user_id",
    "lifted_at",
    "lifted_by",
    "lifted_because",
)


def _stops(rows: QuerySet[EStop]) -> Iterator[Stop]:
    return (_stop(row) for row in rows.values_list(*_COLUMNS))


def _stop(row: tuple[Any, ...]) -> Stop:
    return Stop(row[0], row[1] or "", *row[2:])
