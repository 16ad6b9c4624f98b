"""Why a night ends before its plan does."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Final
from uuid import UUID

from dreams.cycles.plans import Written
from governance.drift.queries import suspension
from governance.estop import queries as estop
from governance.registry.models import System
from governance.scope import Scope


@dataclass(frozen=True, slots=True)
class Stop:
    """`is_judged`: what was seen until then counts, because looking earlier never harms an always-valid test. What a stop,
    drift or a moved constitution ends is invalid: it would say something about a system that is not the planned one."""

    code: str
    sentence: str
    is_judged: bool = False


DEADLINE: Final = Stop("deadline", "Its time was over before its plan was done.", is_judged=True)
PERSON: Final = Stop("person", "A person stopped it.")


class Stopped(Exception):
    """Raised between two requests of a night."""

    def __init__(self, stop: Stop) -> None:
        super().__init__(stop.sentence)
        self.stop = stop


def found(
    *,
    scope: Scope,
    system_id: UUID,
    written: Written,
    cap: Decimal,
    spent: Decimal,
    cost_of_next: Decimal,
    at: datetime,
) -> Stop | None:
    """What ends the night now; None where nothing does. Three queries, in the caller's tenant transaction.

    `cap`: dollars that are set aside; `cost_of_next`: dollars that the next request may cost on all its sides, so that the
    budget is never overdrawn."""
    if stop := estop.active(tenant_id=scope.tenant_id, system_id=system_id):
        return Stop("estop", f"The emergency stop was pressed: {stop.reason}")
    if why := suspension(scope, system_id):
        return Stop("drift", why)
    version = System.objects.filter(tenant_id=scope.tenant_id, id=system_id).values_list(
        "constitution_version", flat=True
    )
    if version.get() != written.base_version:
        return Stop("moved", f"The constitution moved on from version {written.base_version} while it dreamed.")
    if at >= written.deadline_at:
        return DEADLINE
    if spent + cost_of_next > cap:
        return Stop(
            "budget", f"Of {cap.normalize():f} dollars set aside nothing was left for the next request.", is_judged=True
        )
    return None
