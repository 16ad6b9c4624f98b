"""The card on a system's page: what its tools did in the last 24 hours."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from governance.registry.models import System
from governance.scope import Scope
from governance.web import now
from routing.telemetry.queries import Figures, of_server

TEMPLATE: Final = "routing/telemetry/_panel.html"
MOST: Final = 5


@dataclass(frozen=True, slots=True)
class Card:
    """What the fragment draws."""

    system: str
    total: int
    errors: int
    tools: tuple[Figures, ...]


def card(scope: Scope, system: System) -> Card:
    """The card of one system. One query."""
    found = of_server(scope=scope, server=system.name, at=now())
    total, errors = sum(one.total for one in found), sum(one.errors for one in found)
    return Card(system=system.name, total=total, errors=errors, tools=tuple(found[:MOST]))
