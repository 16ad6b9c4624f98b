from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from django.db.models import F, OuterRef, Subquery, TextField, Value
from django.db.models.functions import Coalesce

from governance.drift.metrics import METRICS, Kind
from governance.drift.models import DriftMetric, DriftScore, DriftState, DriftWord
from governance.registry.models import Status, System
from governance.scope import Scope


@dataclass(frozen=True, slots=True)
class Chip:
    """A state as pages draw it: never by its colour alone."""

    label: str
    tone: str
    mark: str


def chip_of(state: str) -> Chip:
    """The chip of a state's word."""
    return Chip(str(DriftWord(state).label), *_TONES[state])


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


@dataclass(frozen=True, slots=True)
class Measure:
    """One metric of one system as people read it; `score` is None before its first look."""

    name: str
    label: str
    drift: str
    detector: str
    score: float | None
    value: float | None
    limit: float | None
    n: int
    baseline: int
    baseline_since: datetime
    armed_at: datetime
    fired_at: datetime | None
    seen_at: datetime

    @property
    def words(self) -> str:
        """What was compared, in words."""
        if self.value is None or self.limit is None:
            return _WAITING[METRICS[self.name].kind]
        return _WORDS[self.detector].format(value=self.value, limit=self.limit, n=self.n)


@dataclass(frozen=True, slots=True)
class Line:
    """One system of the list."""

    system: str
    state: str
    since: datetime
    score: float
    metric: str
    changed_by: str
    reason: str

    @property
    def chip(self) -> Chip:
        return chip_of(self.state)


def measures(*, scope: Scope, system: System) -> tuple[Measure, ...]:
    """Every metric that was fed, the strangest first. One query; without the numbers themselves."""
    rows = DriftMetric.objects.filter(tenant_id=scope.tenant_id, system_id=system.id).defer("baseline", "recent")
    found = [_measure(row) for row in rows if row.name in METRICS]
    return tuple(sorted(found, key=lambda one: (-(one.score or 0.0), one.name)))


def scores(*, scope: Scope, system: System, most: int = 200) -> tuple[DriftScore, ...]:
    """The latest looks, oldest first. One query."""
    rows = DriftScore.objects.filter(tenant_id=scope.tenant_id, system_id=system.id).order_by("-at", "-id")[:most]
    return tuple(reversed(rows))


def row_of(*, scope: Scope, system: System) -> DriftState | None:
    """The row itself; None for a system that was never moved or looked at."""
    return DriftState.objects.filter(tenant_id=scope.tenant_id, system_id=system.id).first()


def lines(*, scope: Scope, state: str = "", text: str = "", after: str = "", most: int = 1_000) -> tuple[Line, ...]:
    """Every system that is not archived, by name, narrowed by state and a part of its name. One query."""
    rows = System.objects.filter(tenant_id=scope.tenant_id, name__gt=after).exclude(status=Status.ARCHIVED)
    own = DriftState.objects.filter(tenant_id=scope.tenant_id, system_id=OuterRef("id"))
    metric = DriftScore.objects.filter(tenant_id=scope.tenant_id, system_id=OuterRef("id")).order_by("-at", "-id")
    rows = rows.annotate(
        drift=Coalesce(Subquery(own.values("state")[:1]), _text(DriftWord.NORMAL.value)),
        drift_since=Coalesce(Subquery(own.values("since")[:1]), F("created_at")),
        drift_score=Coalesce(Subquery(own.values("score")[:1]), Value(0.0)),
        drift_by=Coalesce(Subquery(own.values("changed_by")[:1]), _text("")),
        drift_reason=Coalesce(Subquery(own.values("reason")[:1]), _text("")),
        drift_metric=Coalesce(Subquery(metric.values("metric")[:1]), _text("")),
    )
    rows = rows.filter(drift=state) if state in DriftWord.values else rows
    rows = rows.filter(name__icontains=text) if text else rows
    columns = ("name", "drift", "drift_since", "drift_score", "drift_metric", "drift_by", "drift_reason")
    return tuple(Line(*row) for row in rows.order_by("name").values_list(*columns)[:most])


def _text(value: str) -> Value:
    return Value(value, output_field=TextField())


def _measure(row: DriftMetric) -> Measure:
    known, found = METRICS[row.name], row.finding or {}
    return Measure(
        name=row.name,
        label=known.label,
        drift=known.drift,
        detector=found.get("detector", ""),
        score=found.get("score"),
        value=found.get("value"),
        limit=found.get("limit"),
        n=found.get("n", 0),
        baseline=row.baseline_count,
        baseline_since=row.baseline_since,
        armed_at=row.armed_at,
        fired_at=row.fired_at,
        seen_at=row.seen_at,
    )


_TONES: Final = {
    "NORMAL": ("tighten", "●"),
    "MONITOR": ("expand", "◐"),
    "HOLD": ("bad", "■"),
    "RECOVERY": ("expand", "◑"),
    "DEGRADED": ("bad", "▼"),
}
_WORDS: Final = {
    "mean": "{value:.1f} standard errors from the baseline over {n} decisions; {limit:g} warn",
    "ks": "distributions differ with p = {value:.2g} over {n} decisions; {limit:.2g} warns",
    "compliance": "{value:.1%} of {n} complied; the interval below {limit:.0%} warns",
    "approval": "{value:.1%} of {n} were approved; the interval below {limit:.0%} warns",
    "distance": "distance {value:.2f} from the baseline over {n} requests; {limit:g} warns",
}
_WAITING: Final = {
    Kind.NUMBERS: "no look yet: it takes a baseline of 100 decisions and 100 more",
    Kind.SHARE: "no look yet: it takes 20 decisions",
    Kind.VECTORS: "no look yet: it takes a baseline of 100 requests and 100 more",
}
