from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from governance.drift.models import DriftState, DriftWord
from governance.registry.models import System
from governance.scope import Scope


@dataclass(frozen=True, slots=True)
class Standing:
    """Where a system stands; `changed_by` is "" while nobody and nothing ever moved it."""

    state: str
    since: datetime
    reason: str = ""
    changed_by: str = ""


def state_of(*, tenant_id: UUID, system_id: UUID) -> str:
    """The drift state's word; NORMAL for a system that was never moved. One query."""
    rows = DriftState.objects.filter(tenant_id=tenant_id, system_id=system_id)
    return rows.values_list("state", flat=True).first() or DriftWord.NORMAL.value


def suspension(scope: Scope, system_id: UUID) -> str:
    """Why TARS may not change this system by itself now; "" in NORMAL and MONITOR. One query."""
    state = state_of(tenant_id=scope.tenant_id, system_id=system_id)
    if state in (DriftWord.NORMAL, DriftWord.MONITOR):
        return ""
    return f"Its drift state is {state}: until it is NORMAL again, people decide."


def standing(*, scope: Scope, system: System) -> Standing:
    """The state with since when, by whom and why. One query."""
    row = DriftState.objects.filter(tenant_id=scope.tenant_id, system_id=system.id).first()
    if row is None:
        return Standing(state=DriftWord.NORMAL.value, since=system.created_at)
    return Standing(state=row.state, since=row.since, reason=row.reason, changed_by=row.changed_by)
