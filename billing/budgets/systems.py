"""What each system takes of the running budgets, and where its quotas come from."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Final
from uuid import UUID

from django.db.models import Count, QuerySet

from billing.budgets.amounts import about, said
from billing.budgets.board import ORDER, WINDOWS, Meter, meter_of_share
from billing.budgets.kinds import UNITS
from billing.budgets.models import HoldState, Reservation, SystemShare
from billing.budgets.quotas import caps_in_plan, caps_of, strictest
from billing.budgets.windows import starts_of
from governance.errors import NotFound
from governance.registry.models import System
from governance.scope import Scope

MOST: Final = 2_000
Maximums = Callable[[UUID, Iterable[UUID]], Mapping[UUID, Mapping[str, str]]]
_readers: list[Maximums] = []


@dataclass(frozen=True, slots=True)
class SystemLine:
    """One system: the sums of its longest windows by type as text, its fullest quota, and its open holds."""

    name: str
    taken: Mapping[str, str]
    dollars: Decimal
    fullest: Meter | None
    open_holds: int

    @property
    def taken_text(self) -> str:
        return " · ".join(self.taken.values())


@dataclass(frozen=True, slots=True)
class ShareLine:
    """What one system has of one budget. `source` says who limits it: "constitution", "plan", or "" for the budget alone."""

    meter: Meter
    source: str
    is_capped: bool


@dataclass(frozen=True, slots=True)
class OneSystem:
    """A system's shares of the running budgets, and what one call of it sets aside where its cost is not known."""

    name: str
    shares: tuple[ShareLine, ...]
    maximums: Mapping[str, str]
    open_holds: int


def register_maximums(reader: Maximums) -> None:
    """Say what a call of each system may cost at most, where that is declared; called from `AppConfig.ready`."""
    if reader not in _readers:
        _readers.append(reader)


def by_system(*, scope: Scope, at: datetime) -> tuple[SystemLine, ...]:
    """Every system that took something of a running budget, the dearest first; two queries."""
    shares: defaultdict[str, list[SystemShare]] = defaultdict(list)
    rows = _shares(scope, at=at).exclude(used=0, reserved=0, quota=None)
    for share in rows[:MOST]:
        shares[share.system.name].append(share)
    held = dict(
        Reservation.objects.filter(tenant_id=scope.tenant_id, state=HoldState.HELD)
        .values_list("system__name")
        .annotate(count=Count("*"))
    )
    lines = [_line(name, found, open_holds=held.get(name, 0)) for name, found in shares.items()]
    return tuple(sorted(lines, key=lambda line: (-line.dollars, line.name)))


def one_system(*, scope: Scope, name: str, at: datetime) -> OneSystem:
    """One system's shares. Three queries, and one for what it declares. Raises `NotFound`."""
    system = System.objects.filter(tenant_id=scope.tenant_id, name=name).only("id", "name", "constitution").first()
    if system is None:
        raise NotFound("There is no such system.")
    shares = [_share(share, system) for share in _shares(scope, at=at).filter(system_id=system.id)]
    held = Reservation.objects.filter(tenant_id=scope.tenant_id, system_id=system.id, state=HoldState.HELD).count()
    return OneSystem(name=name, shares=tuple(_sorted(shares)), maximums=maximums_of(scope, system.id), open_holds=held)


def maximums_of(scope: Scope, system_id: UUID) -> Mapping[str, str]:
    """What a call of this system sets aside, by type, as people read it."""
    found: Mapping[str, str] = {}
    for reader in _readers:
        found = {**found, **reader(scope.tenant_id, [system_id]).get(system_id, {})}
    return {name: said(name, Decimal(amount)) for name, amount in sorted(found.items())}


def _shares(scope: Scope, *, at: datetime) -> QuerySet[SystemShare]:
    rows = SystemShare.objects.filter(
        tenant_id=scope.tenant_id, resource__window_start__in=starts_of(at), resource__window_end__gt=at
    )
    return rows.select_related("system", "resource").defer("system__constitution").order_by("id")


def _line(name: str, shares: Iterable[SystemShare], *, open_holds: int) -> SystemLine:
    longest: dict[str, SystemShare] = {}
    for share in sorted(shares, key=lambda one: WINDOWS.index(one.resource.window_type)):
        if share.used or share.reserved:
            longest[share.resource.resource_type] = share
    quotas = [meter_of_share(share) for share in shares if share.quota is not None]
    dollars = longest.get("usd_budget")
    return SystemLine(
        name=name,
        taken={type: _taken(type, longest[type]) for type in ORDER if type in longest},
        dollars=dollars.used + dollars.reserved if dollars else Decimal(0),
        fullest=max(quotas, key=lambda one: one.part, default=None),
        open_holds=open_holds,
    )


def _taken(type: str, share: SystemShare) -> str:
    return f"{about(type, share.used + share.reserved)} {UNITS[type]}"


def _share(share: SystemShare, system: System) -> ShareLine:
    row = share.resource
    stated = strictest(caps_of(system.constitution), type=row.resource_type, window=row.window_type)
    planned = strictest(
        caps_in_plan(row.system_quotas, system=system.name, window=row.window_type),
        type=row.resource_type,
        window=row.window_type,
    )
    source = ""
    if share.quota is not None:
        is_stated = stated is not None and (planned is None or stated.limit <= planned.limit)
        source = "constitution" if is_stated else "plan"
    return ShareLine(meter=meter_of_share(share), source=source, is_capped=share.quota is not None)


def _sorted(lines: Iterable[ShareLine]) -> list[ShareLine]:
    return sorted(lines, key=lambda one: (ORDER.index(one.meter.type), WINDOWS.index(one.meter.window)))
