"""The card on a system's page: its last night and its next."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from dreams.cycles import queries
from dreams.cycles.queries import Ahead, NightLine
from governance.registry.models import System
from governance.scope import Scope
from governance.web import now

TEMPLATE: Final = "dreams/cycles/_panel.html"


@dataclass(frozen=True, slots=True)
class Card:
    """What the fragment draws."""

    system: str
    last: NightLine | None
    ahead: Ahead | None


def card(scope: Scope, system: System) -> Card | None:
    """For systems that dreamed or can. At most nine queries; one for any other."""
    rows = list(queries.nights(scope=scope).filter(system=system)[:1])
    can_dream = bool(system.constitution.get("tunable"))
    if not rows and not can_dream:
        return None
    return Card(
        system=system.name,
        last=queries.lines_of(rows, scope=scope)[0] if rows else None,
        ahead=queries.ahead(scope=scope, at=now(), system=system) if can_dream else None,
    )
