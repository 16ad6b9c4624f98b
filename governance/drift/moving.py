"""What every move of a system shares: its row under its lock, the machine's step, the row after it, the ledger, the news."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from django.db.models.functions import Collate
from django.urls import reverse

from governance.drift.machine import Cause, Event, Standing, State, step
from governance.drift.models import DriftMetric, DriftState, DriftWord
from governance.identity.queries import able
from governance.ids import new_id
from governance.ledger import actions as ledger
from governance.notices import kinds
from governance.notices.actions import tell
from governance.registry.models import System
from governance.scope import TARS, Capability, Scope
from governance.webhooks.actions import emit

KIND: Final = "drift"
_URGENT: Final = (DriftWord.HOLD, DriftWord.DEGRADED)


def register_kinds() -> None:
    """Say what this slice's news is called; called from `AppConfig.ready`."""
    kinds.register(KIND, "The drift state of a system changed")


def locked(*, scope: Scope, system: System, at: datetime) -> DriftState:
    """The system's row under its lock; a system without one is NORMAL since it was registered."""
    start = DriftState(
        id=new_id(at),
        tenant_id=scope.tenant_id,
        system=system,
        state=DriftWord.NORMAL,
        since=system.created_at,
        changed_by="",
    )
    DriftState.objects.bulk_create([start], ignore_conflicts=True)
    rows = DriftState.objects.select_for_update(no_key=True)
    return rows.get(tenant_id=scope.tenant_id, system_id=system.id)


def standing_of(row: DriftState) -> Standing:
    """The row as the machine reads it."""
    return Standing(
        state=State(row.state),
        since=row.since,
        measured_at=row.measured_at,
        warnings=row.warnings,
        warned_at=row.warned_at,
        calm_since=row.calm_since,
        cause=row.cause,
        reason=row.reason,
        evidence=row.evidence,
    )


def walk(
    row: DriftState,
    system: System,
    event: Event,
    *,
    scope: Scope,
    at: datetime,
    name: str,
    said: str = "",
    more: Mapping[str, Any] | None = None,
) -> bool:
    """One step of the machine on a locked row, kept; whether it moved. A move is a ledger entry and news.

    `name` is the verb's, `said` a person's own words beside the machine's reason.
    """
    before = standing_of(row)
    after = step(before, event, at)
    if after is before:
        return False
    if after.state is before.state:
        row.measured_at, row.warnings = after.measured_at, after.warnings
        row.warned_at, row.calm_since = after.warned_at, after.calm_since
        row.save(update_fields=["measured_at", "warnings", "warned_at", "calm_since"])
        return False
    keep(row, system, after, scope=scope, at=at, name=name, said=said, more=more)
    return True


def keep(
    row: DriftState,
    system: System,
    after: Standing,
    *,
    scope: Scope,
    at: datetime,
    name: str,
    said: str = "",
    more: Mapping[str, Any] | None = None,
) -> None:
    """Keep a standing in another state, arm what it arms, tell, and put it on the ledger."""
    before, who, is_late = row.state, scope.actor.name, after.cause == Cause.UNANSWERED and not scope.actor.is_tars
    late = f"{who} acknowledged it too late: {said}" if is_late else said
    words = " ".join(part for part in (after.reason, late) if part)
    by = TARS.name if is_late else who
    row.state, row.since, row.reason, row.changed_by = after.state.value, after.since, words, by
    row.cause, row.evidence, row.measured_at = after.cause, dict(after.evidence), after.measured_at
    row.warnings, row.warned_at, row.calm_since = after.warnings, after.warned_at, after.calm_since
    row.save()
    if after.state is State.NORMAL:
        arm(tenant_id=scope.tenant_id, system_id=system.id, anew=after.cause != Cause.CALM, at=at)
    moved = f"from {before} into {row.state}: {words}"
    # who acknowledges too late did not move it: time did
    sentence = f"{system.name} went {moved}" if is_late else f"{who} put {system.name} {moved}"
    _announce(row, system, before, sentence, scope=scope, at=at)
    ledger.append(
        scope=scope,
        at=at,
        event_type="drift_detection",
        action={
            "name": name,
            "subject": system.name,
            "before": before,
            "after": row.state,
            "reason": words,
            **({"cause": after.cause, "evidence": row.evidence} if after.cause else {}),
            **(more or {}),
        },
        explanation=sentence,
        rules_applied=[f"drift.{after.cause or 'by_hand'}"],
    )


def arm(*, tenant_id: UUID, system_id: UUID, anew: bool, at: datetime, metric: str = "") -> int:
    """Arm a system's detectors again, or one of them; `anew`: what comes now is the baseline. Returns how many."""
    rows = DriftMetric.objects.filter(tenant_id=tenant_id, system_id=system_id)
    rows = rows.filter(name=metric) if metric else rows
    # in the order in which `observing` takes them: an UPDATE alone takes rows as they lie, and two would wait for each other
    list(rows.select_for_update(no_key=True).order_by(Collate("name", "C")).values_list("id"))
    values: dict[str, Any] = {"recent": [], "fresh": 0, "finding": None, "fired_at": None, "armed_at": at}
    if anew:
        values |= {"baseline": [], "baseline_count": 0, "baseline_since": at}
    return rows.update(**values)


def _announce(row: DriftState, system: System, before: str, sentence: str, *, scope: Scope, at: datetime) -> None:
    data = {"before": before, "after": row.state, "by": row.changed_by, "reason": row.reason}
    emit(scope=scope, event="drift.state_set", subject=system.name, data=data, at=at)
    tell(
        scope=scope,
        user_ids=able(scope=scope, to=Capability.SET_DRIFT),
        kind=KIND,
        key=f"drift:{system.id}:{at.isoformat()}",
        subject=system.name,
        sentence=sentence,
        url=reverse("drift:page", args=[system.name]),
        is_urgent=row.state in _URGENT,
        at=at,
    )
