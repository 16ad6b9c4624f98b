"""The card on a system's page: how it is reached, and whether it can be now."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from governance.registry.models import System
from governance.scope import Capability, Scope
from governance.web import now
from routing.connectors.queries import Line, of_system

TEMPLATE: Final = "routing/connectors/_panel.html"


@dataclass(frozen=True, slots=True)
class Card:
    """What the fragment draws. `line` is None without a connector; `refused` says why this person may not make one."""

    system: str
    line: Line | None
    refused: str


def card(scope: Scope, system: System) -> Card:
    """The card of one system. One query."""
    refused = scope.why_not(Capability.MANAGE_SYSTEMS, to="configure a connector")
    return Card(system=system.name, line=of_system(scope=scope, system_id=system.id, at=now()), refused=refused)
