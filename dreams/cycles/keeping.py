"""A night's runs: read back after a pause, kept a block at a time."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any, Final

from django.db.models import F

from dreams.cycles.beginning import Night
from dreams.cycles.models import DreamCycle, DreamRun
from dreams.cycles.trials import NORMAL, Run, Trials
from dreams.verdict.observed import Part
from governance.ids import new_id
from governance.tenancy import in_tenant
from routing.rehearsal.shapes import Ran

SIMILARITY: Final = "similarity"


def trials_of(night: Night) -> Trials:
    """What was seen before, in one transaction."""
    found = Trials(night.written)
    numbers = {id: number for number, id in night.dreams.items()}
    with in_tenant(night.scope.tenant_id):
        rows = DreamRun.objects.filter(tenant_id=night.scope.tenant_id, night_id=night.cycle_id)
        for row in rows.order_by("id").iterator(chunk_size=500):
            side = NORMAL if row.dream_id is None else numbers[row.dream_id]
            ran = Ran.of_json(row.ran)
            found.add([Run(row.request_key, side, Part(row.part), row.kind, ran, row.ran.get(SIMILARITY))])
    return found


def keep(night: Night, runs: Sequence[Run], *, at: datetime) -> None:
    """One block, whole or not at all; what was kept before stays as it was."""
    rows = [
        DreamRun(
            id=new_id(at),
            tenant_id=night.scope.tenant_id,
            night_id=night.cycle_id,
            dream_id=None if one.side == NORMAL else night.dreams[one.side],
            request_key=one.key,
            part=one.part.value,
            kind=one.kind,
            ran=_stored(one),
            ran_at=at,
        )
        for one in runs
    ]
    spent = sum((one.ran.cost_usd or Decimal(0) for one in runs), Decimal(0))
    with in_tenant(night.scope.tenant_id, durable=True):
        DreamRun.objects.bulk_create(rows, ignore_conflicts=True, batch_size=500)
        DreamCycle.objects.filter(tenant_id=night.scope.tenant_id, id=night.cycle_id).update(
            runs=F("runs") + len(rows), spent_usd=F("spent_usd") + spent
        )


def _stored(one: Run) -> dict[str, Any]:
    stored: dict[str, Any] = dict(one.ran.as_json())
    return stored if one.similarity is None else {**stored, SIMILARITY: round(one.similarity, 6)}
