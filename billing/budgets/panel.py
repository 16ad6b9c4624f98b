"""Money at a glance: the card on a system's page, and what the overview shows."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from billing.budgets.board import Meter, near_of, running_meters
from billing.budgets.kinds import USD
from billing.budgets.systems import OneSystem, ShareLine, one_system
from governance.registry.models import System
from governance.scope import Scope
from governance.web import now

TEMPLATE: Final = "billing/budgets/_panel.html"
MOST: Final = 5


@dataclass(frozen=True, slots=True)
class Card:
    """One system's shares, those that limit it first, the fullest first."""

    system: str
    shares: tuple[ShareLine, ...]
    open_holds: int
    more: int


@dataclass(frozen=True, slots=True)
class Glance:
    """The dollars of the longest window, and what is at or above its alert mark, the fullest first."""

    dollars: Meter | None
    near: tuple[Meter, ...]


def card(scope: Scope, system: System) -> Card:
    """The card of one system. Four queries."""
    found: OneSystem = one_system(scope=scope, name=system.name, at=now())
    shares = sorted(
        (one for one in found.shares if one.is_capped or one.meter.committed),
        key=lambda one: (not one.is_capped, -one.meter.part),
    )
    return Card(system.name, tuple(shares[:MOST]), found.open_holds, max(len(shares) - MOST, 0))


def glance(*, scope: Scope, at: datetime) -> Glance:
    """Three queries, however many budgets there are."""
    meters, rows = running_meters(scope=scope, at=at)
    dollars = [one for one in meters if one.type == USD and one.is_limit]
    return Glance(dollars[-1] if dollars else None, near_of(meters, rows, scope=scope))
