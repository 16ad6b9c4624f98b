"""Holds as pages and programs read them: what is and was set aside, for whom, and what became of it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from django.db.models import QuerySet

from billing.budgets.amounts import read, roughly, said
from billing.budgets.models import (
    BudgetMove,
    HoldState,
    MoveKind,
    Reservation,
    ReservationLine,
    ResourceType,
    WindowType,
)
from governance.errors import NotFound
from governance.ids import first_id
from governance.rows import literal
from governance.scope import Scope

MOST = 100
_ONE: Final = timedelta(milliseconds=1)


@dataclass(frozen=True, slots=True)
class HoldLine:
    """One hold as a page or a record shows it."""

    id: UUID
    key: str
    system_id: UUID
    system: str
    purpose: str
    subject_kind: str
    subject_id: UUID | None
    state: str
    amounts: dict[str, str]
    actual: dict[str, str] | None
    overshoot: dict[str, str]
    is_priced: bool
    held_by: str
    held_at: datetime
    expires_at: datetime
    closed_at: datetime | None
    closed_by: str
    closed_because: str

    @property
    def is_open(self) -> bool:
        return self.state == HoldState.HELD

    @property
    def text_id(self) -> str:
        return str(self.id)

    @property
    def state_label(self) -> str:
        return str(HoldState(self.state).label)

    @property
    def request_url(self) -> str:
        """The request that it is for; "" where a program set it aside by itself."""
        return f"/executions/{self.subject_id}/" if self.subject_kind == "execution" and self.subject_id else ""

    @property
    def amounts_said(self) -> list[str]:
        return [said(name, amount) for name, amount in read(self.amounts).items()]

    @property
    def actual_said(self) -> list[str]:
        return [said(name, amount) for name, amount in read(self.actual).items()]

    @property
    def charged(self) -> str:
        """What it cost, for people; "" while it is not settled."""
        return roughly(read(self.actual)) if self.actual is not None else ""

    @property
    def overshoot_said(self) -> list[str]:
        return [said(name, amount) for name, amount in read(self.overshoot).items()]


@dataclass(frozen=True, slots=True)
class HoldFilter:
    """What narrows the holds: `is_late` are those whose time is over and that are still held; `since` and `until` say when they
    were set aside."""

    state: str = ""
    system: str = ""
    held_by: str = ""
    resource: UUID | None = None
    is_late: bool = False
    since: datetime | None = None
    until: datetime | None = None


def holds_of(*, scope: Scope, filter: HoldFilter, at: datetime) -> QuerySet[Reservation]:
    """The holds that fit, newest first."""
    rows = Reservation.objects.filter(tenant_id=scope.tenant_id)
    rows = rows.filter(state=literal(HoldState(filter.state))) if filter.state else rows
    rows = rows.filter(system__name=filter.system) if filter.system else rows
    rows = rows.filter(held_by__icontains=filter.held_by) if filter.held_by else rows
    rows = rows.filter(lines__resource_id=filter.resource) if filter.resource else rows
    rows = rows.filter(state=literal(HoldState.HELD), expires_at__lte=at) if filter.is_late else rows
    # A hold's id begins with the millisecond it was set aside, so that one index serves the order and the times.
    rows = rows.filter(held_at__gte=filter.since, id__gte=first_id(filter.since)) if filter.since else rows
    rows = rows.filter(held_at__lt=filter.until, id__lt=first_id(filter.until + _ONE)) if filter.until else rows
    return rows.select_related("system").defer("system__constitution").order_by("-id")


def holds(
    *, scope: Scope, filter: HoldFilter, at: datetime, after: UUID | None = None, limit: int = MOST
) -> tuple[HoldLine, ...]:
    """The tenant's holds that fit, newest first; one query."""
    rows = holds_of(scope=scope, filter=filter, at=at)
    rows = rows.filter(id__lt=after) if after else rows
    return tuple(_hold(row) for row in rows[:limit])


def holds_for(*, scope: Scope, subject_id: UUID) -> tuple[HoldLine, ...]:
    """What was set aside for one thing, such as an execution, oldest first; one query."""
    rows = Reservation.objects.filter(tenant_id=scope.tenant_id, subject_id=subject_id)
    found = rows.select_related("system").defer("system__constitution").order_by("id")[:MOST]
    return tuple(map(_hold, found))


def hold(*, scope: Scope, hold_id: UUID) -> HoldLine:
    """One hold. Raises `NotFound`."""
    rows = Reservation.objects.filter(tenant_id=scope.tenant_id, id=hold_id)
    row = rows.select_related("system").defer("system__constitution").first()
    if row is None:
        raise NotFound("There is no such hold.")
    return _hold(row)


def _hold(row: Reservation) -> HoldLine:
    return HoldLine(
        id=row.id,
        key=row.key,
        system_id=row.system_id,
        system=row.system.name,
        purpose=row.purpose,
        subject_kind=row.subject_kind,
        subject_id=row.subject_id,
        state=row.state,
        amounts=row.amounts,
        actual=row.actual,
        overshoot=row.overshoot,
        is_priced=row.is_priced,
        held_by=row.held_by,
        held_at=row.held_at,
        expires_at=row.expires_at,
        closed_at=row.closed_at,
        closed_by=row.closed_by,
        closed_because=row.closed_because,
    )


@dataclass(frozen=True, slots=True)
class TakenLine:
    """What of a hold came from one budget, and what of it was charged there."""

    resource_id: UUID
    name: str
    starts_at: datetime
    amount: str
    settled: str


def lines_of_hold(*, scope: Scope, hold_id: UUID) -> tuple[TakenLine, ...]:
    """From which budgets a hold came; one query."""
    rows = ReservationLine.objects.filter(tenant_id=scope.tenant_id, reservation_id=hold_id).select_related("resource")
    return tuple(
        TakenLine(
            resource_id=row.resource_id,
            name=f"{WindowType(row.resource.window_type).label}, {ResourceType(row.resource.resource_type).label}",
            starts_at=row.resource.window_start,
            amount=said(row.resource.resource_type, row.amount),
            settled="" if row.settled is None else said(row.resource.resource_type, row.settled),
        )
        for row in rows.order_by("resource__resource_type", "resource__window_start")
    )


@dataclass(frozen=True, slots=True)
class MoveLine:
    """One signed movement of a hold; `sealed_in` is the ledger entry that names it, None until then."""

    kind: str
    at: datetime
    digest: str
    sealed_in: int | None

    @property
    def label(self) -> str:
        return str(MoveKind(self.kind).label)


def moves_of_hold(*, scope: Scope, hold_id: UUID) -> tuple[MoveLine, ...]:
    """What happened to a hold, in order; one query."""
    rows = BudgetMove.objects.filter(tenant_id=scope.tenant_id, reservation_id=hold_id).order_by("id")
    return tuple(MoveLine(*row) for row in rows.values_list("kind", "at", "digest", "sealed_in"))
