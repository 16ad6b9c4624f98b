"""The card on a system's page: what it did lately, how well, for how much, and what waits for it."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from governance.registry.models import System
from governance.scope import Scope
from governance.web import now
from routing.executions import queries
from routing.executions.days import sums_of
from routing.executions.queries import Filter, Line, Page
from routing.executions.waiting import count
from routing.figures.span import last_days

TEMPLATE: Final = "routing/executions/_panel.html"
OWN: Final = "routing/executions/_own.html"
MOST: Final = 5
DAYS: Final = 30


@dataclass(frozen=True, slots=True)
class Card:
    """What the fragment draws, of the last 30 days. `share` and `cost` are None where nothing is known."""

    system: str
    total: int
    share: float | None
    cost: Decimal | None
    waiting: int
    lines: tuple[Line, ...]


def own(scope: Scope) -> Page:
    """What the person asked for last, below the ask page's form."""
    return queries.page(scope=scope, filter=Filter(mine=True), limit=MOST)


def card(scope: Scope, system: System) -> Card:
    """The card of one system. Three queries."""
    sums = sums_of(scope=scope, span=last_days(DAYS, at=now()), system_id=system.id)
    rows = queries.executions(scope=scope, filter=Filter(system=system.name))[:MOST]
    return Card(
        system=system.name,
        total=sums.total,
        share=sums.succeeded / sums.total if sums.total else None,
        cost=sums.cost,
        waiting=count(scope, system),
        lines=tuple(queries.lines_of(rows)),
    )
