"""`observe`: TARS reads what was recorded, feeds the metrics, and steps the machine of every system that may move.

In many short transactions, so that a killed run goes on in the next. A source's mark moves in the transaction that feeds what
was read; a score is kept where a look was taken or a state moved.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

import numpy as np
from django.db.models import F, Q

from governance.drift import sources
from governance.drift.detect.finding import CRITICAL, WARNING
from governance.drift.gauge import Gauge
from governance.drift.machine import Measured
from governance.drift.metrics import METRICS
from governance.drift.models import DriftMark, DriftMetric, DriftScore, DriftState, DriftWord
from governance.drift.moving import locked, walk
from governance.ids import new_id
from governance.registry.models import System
from governance.scope import Scope
from governance.tenancy import in_tenant

STEP: Final = 2_000
"""Rows of one source in one transaction."""
STEPS: Final = 40
"""Transactions of one source in one run; the rest comes with the next."""


@dataclass(frozen=True, slots=True)
class Observed:
    """What one run did."""

    decisions: int
    looked_at: int
    moved: int


def observe(*, scope: Scope, at: datetime) -> Observed:
    """Take what is new from every source, then look at each system that was fed, or whose time may have come."""
    decisions = sum(_read(scope, name, read, at) for name, read in sources.known())
    looked_at = moved = 0
    for system_id in _due(scope):
        looked_at += 1
        moved += _look(scope, system_id, at)
    return Observed(decisions, looked_at, moved)


def _read(scope: Scope, name: str, read: sources.Read, at: datetime) -> int:
    count = 0
    for _ in range(STEPS):
        with in_tenant(scope.tenant_id, durable=True):
            mark = _mark(scope, name, at)
            batch = read(tenant_id=scope.tenant_id, after=mark.after, limit=STEP, at=at)
            count += _feed(scope, batch, at)
            mark.after, mark.at = batch.after, at
            mark.save(update_fields=["after", "at"])
        if not batch.is_more:
            break
    return count


def _mark(scope: Scope, name: str, at: datetime) -> DriftMark:
    start = DriftMark(id=new_id(at), tenant_id=scope.tenant_id, source=name, at=at)
    DriftMark.objects.bulk_create([start], ignore_conflicts=True)
    return DriftMark.objects.select_for_update(no_key=True).get(tenant_id=scope.tenant_id, source=name)


def _feed(scope: Scope, batch: sources.Batch, at: datetime) -> int:
    """In the order of systems and metric names, whichever kind they are: whoever takes several rows takes them so."""
    fed: list[tuple[UUID, str, str]] = [(system_id, metric, "") for system_id, metric in batch.numbers]
    fed += [(system_id, "request", model) for system_id, model in batch.vectors]
    for system_id, metric, model in sorted(fed):
        row = _metric(scope, system_id, metric, at)
        if model:
            _take_vectors(row, model, batch.vectors[system_id, model], at)
        else:
            gauge = _gauge(row)
            gauge.take_numbers(batch.numbers[system_id, metric])
            _kept(row, gauge, at)
    return sum(map(len, batch.numbers.values())) + sum(map(len, batch.vectors.values()))


def _take_vectors(row: DriftMetric, model: str, vectors: list[np.ndarray], at: datetime) -> None:
    if row.unit != model:  # vectors of two models cannot be compared
        row.unit, row.baseline, row.baseline_count = model, [], 0
        row.recent, row.fresh, row.finding, row.fired_at, row.baseline_since = [], 0, None, None, at
    gauge = _gauge(row)
    gauge.take_vectors([np.asarray(vector, dtype=np.float64) for vector in vectors])
    _kept(row, gauge, at)


def _metric(scope: Scope, system_id: UUID, name: str, at: datetime) -> DriftMetric:
    known = {"tenant_id": scope.tenant_id, "system_id": system_id, "name": name}
    rows = DriftMetric.objects.select_for_update(no_key=True)
    if (row := rows.filter(**known).first()) is not None:
        return row
    start = DriftMetric(id=new_id(at), armed_at=at, baseline_since=at, seen_at=at, **known)
    DriftMetric.objects.bulk_create([start], ignore_conflicts=True)
    return rows.get(**known)


def _gauge(row: DriftMetric) -> Gauge:
    return Gauge(
        metric=METRICS[row.name],
        baseline=row.baseline,
        count=row.baseline_count,
        window=row.recent,
        fresh=row.fresh,
        has_fired=row.fired_at is not None,
        finding=row.finding,
    )


def _kept(row: DriftMetric, gauge: Gauge, at: datetime) -> None:
    if gauge.finding is not None and gauge.finding is not row.finding:
        gauge.finding["seen_at"] = at.isoformat()
    row.baseline, row.baseline_count, row.recent = gauge.baseline, gauge.count, gauge.window
    row.fresh, row.finding, row.seen_at = gauge.fresh, gauge.finding, at
    row.fired_at = row.fired_at or (at if gauge.has_fired else None)
    row.save()


def _due(scope: Scope) -> list[UUID]:
    """Systems that were fed since they were last looked at, and those that time may move."""
    with in_tenant(scope.tenant_id):
        fed = DriftMetric.objects.filter(tenant_id=scope.tenant_id).values_list("system_id", "seen_at")
        known = dict(DriftState.objects.filter(tenant_id=scope.tenant_id).values_list("system_id", "measured_at"))
        new = {id for id, seen in fed if (known.get(id) or seen) <= seen}
        moving = Q(state__in=(DriftWord.MONITOR, DriftWord.HOLD)) | Q(score__gt=WARNING, state=DriftWord.NORMAL)
        waiting = DriftState.objects.filter(moving, tenant_id=scope.tenant_id).values_list("system_id", flat=True)
        return sorted({*new, *waiting})


def _look(scope: Scope, system_id: UUID, at: datetime) -> bool:
    with in_tenant(scope.tenant_id, durable=True):
        system = System.objects.get(tenant_id=scope.tenant_id, id=system_id)
        row = locked(scope=scope, system=system, at=at)
        if row.measured_at is not None and row.measured_at >= at:
            return False  # another run of the same moment was here
        findings = _findings(scope, system_id)
        found = next(iter(findings), None)
        score = float(found.finding["score"]) if found and found.finding else 0.0
        evidence = {"metric": found.name, **found.finding} if found and found.finding else {}
        evidence.pop("score", None)
        before = row.score
        if before != score:
            row.score = score
            row.save(update_fields=["score"])
        event = Measured(score, WARNING, CRITICAL, evidence, seen_at=_seen_at(findings))
        said = f"Metric: {METRICS[found.name].label.lower()}." if found and score > WARNING else ""
        moved = walk(row, system, event, scope=scope, at=at, name="drift.observe", said=said)
        if moved or before != score:
            _score(row, found, at)
        return moved


def _findings(scope: Scope, system_id: UUID) -> list[DriftMetric]:
    """What was found, the strongest first."""
    rows = DriftMetric.objects.filter(tenant_id=scope.tenant_id, system_id=system_id, finding__isnull=False)
    return list(rows.only("name", "finding", "seen_at").order_by(F("finding__score").desc(), "name"))


def _seen_at(findings: list[DriftMetric]) -> datetime | None:
    """When the latest look was taken that warns; of one that did not keep it yet, when its metric was last fed."""
    warning = [one for one in findings if one.finding and one.finding["score"] > WARNING]
    return max((_looked_at(one) for one in warning), default=None)


def _looked_at(one: DriftMetric) -> datetime:
    said = one.finding.get("seen_at") if one.finding else None
    return datetime.fromisoformat(said) if said else one.seen_at


def _score(row: DriftState, found: DriftMetric | None, at: datetime) -> None:
    DriftScore.objects.create(
        id=new_id(at),
        tenant_id=row.tenant_id,
        system_id=row.system_id,
        at=at,
        score=row.score,
        metric=found.name if found else "",
        detector=found.finding["detector"] if found and found.finding else "",
        state=row.state,
    )
