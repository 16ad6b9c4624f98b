"""The card on a system's page: what it did lately, how well, for how much, and what waits for it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from typing import Final

from django.db.models import Avg, Count, Q

from governance.registry.models import System
from governance.scope import Scope
from governance.web import now
from routing.executions import queries
from routing.executions.models import Execution
from routing.executions.queries import Filter, Line, Page
from routing.executions.stages import Status
from routing.executions.waiting import count

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
    recent = Execution.objects.filter(
        tenant_id=scope.tenant_id, system_id=system.id, started_at__gte=now() - timedelta(days=DAYS)
    )
    found = recent.aggregate(
        total=Count("*"), good=Count("id", filter=Q(status=Status.SUCCESS.value)), cost=Avg("cost_usd")
    )
    rows = queries.executions(scope=scope, filter=Filter(system=system.name))[:MOST]
    return Card(
        system=system.name,
        total=found["total"],
        share=found["good"] / found["total"] if found["total"] else None,
        cost=None if found["cost"] is None else round(found["cost"], 4),
        waiting=count(scope, system),
        lines=tuple(queries.lines_of(rows)),
    )
