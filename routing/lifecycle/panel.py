"""What this slice shows on other slices' pages: the bar on a system's, and where an archived execution's contents are."""

from __future__ import annotations

from datetime import datetime
from typing import Final
from uuid import UUID

from governance.registry.models import System
from governance.scope import Scope
from governance.web import now
from routing.lifecycle import noting, queries
from routing.lifecycle.queries import Away, Bar

SYSTEM: Final = "routing/lifecycle/_beside_system.html"
EXECUTION: Final = "routing/lifecycle/_beside_execution.html"


def system(scope: Scope, system: System) -> Bar:
    """The bar beside a system's constitution. Its page is opened whenever this is drawn, so it is noted here."""
    noting.note(scope=scope, system_id=system.id, at=now())
    return queries.bar_of(scope=scope, system=system)


def execution(scope: Scope, execution_id: UUID) -> Away | None:
    """On the page of an execution whose contents are away."""
    return queries.away(scope=scope, execution_id=execution_id)


def opened(scope: Scope, execution_id: UUID, at: datetime) -> None:
    """An execution's page, or its record over the API, was opened."""
    noting.note(scope=scope, execution_id=execution_id, at=at)
