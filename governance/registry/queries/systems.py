"""Systems, as pages, exports and the API read them. Lists never load a constitution."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any, Final
from uuid import UUID

from django.apps import apps
from django.db.models import Count, Max, Model, OuterRef, Q, QuerySet, Subquery
from django.db.models.functions import Coalesce

from governance.constitution.wording import visible
from governance.errors import NotFound
from governance.registry.models import Status, System, SystemVersion
from governance.scope import Scope

OPEN_PROPOSALS: Final = ("draft", "proposed", "changes_requested", "approved", "scheduled")
"""States of a proposal under way (`amendments.kinds.State`, which this slice may not import; a test compares)."""
MOST_SYSTEMS: Final = 5_000
"""Systems that a dependency page or an export loads."""


@dataclass(frozen=True, slots=True)
class SystemFilter:
    """What the URL asks for; empty means any."""

    text: str = ""
    type: str = ""
    status: str = ""
    lifecycle: str = ""
    capability: str = ""

    @property
    def is_narrow(self) -> bool:
        return any((self.text, self.type, self.status, self.lifecycle, self.capability))


@dataclass(frozen=True, slots=True)
class Health:
    """The metric fields of a system's row (seeds/004 8); a figure that nothing was measured for is None."""

    total: int
    successful: int
    avg_cost_usd: Decimal | None
    avg_execution_time_ms: int | None
    avg_user_satisfaction: Decimal | None

    @property
    def success_rate(self) -> float | None:
        return self.successful / self.total if self.total else None


@dataclass(frozen=True, slots=True)
class SystemLine:
    """One row of the list of systems."""

    name: str
    type: str
    description: str
    status: str
    lifecycle: str
    version: str
    constitution_version: int
    capabilities: tuple[str, ...]
    last_amended_at: datetime | None
    open_proposals: int
    health: Health


@dataclass(frozen=True, slots=True)
class Amendments:
    """The figures of seeds/000 "Query: Active Constitution" for one system, and its open proposals."""

    total: int
    rollbacks: int
    open: int
    last_at: datetime | None

    @property
    def rollback_rate(self) -> float | None:
        return self.rollbacks / self.total if self.total else None


def systems(*, scope: Scope, filter: SystemFilter) -> QuerySet[System, dict[str, Any]]:
    """The filtered systems by name, as rows for `line_of`; slice it or count it."""
    rows = _filtered(scope, filter)
    return rows.order_by("name").annotate(last=_last_amended(), open=_open_proposals()).values(*_COLUMNS)


def listed(*, scope: Scope, filter: SystemFilter, after: str = "") -> QuerySet[System]:
    """The filtered systems by name, after one of them, without their constitutions."""
    rows = _filtered(scope, filter).defer("constitution", "capabilities_embedding").order_by("name")
    return rows.filter(name__gt=after) if after else rows


def names(*, scope: Scope) -> tuple[str, ...]:
    """The names of the systems that are not archived, to choose one from."""
    rows = System.objects.filter(tenant_id=scope.tenant_id).exclude(status=Status.ARCHIVED).order_by("name")
    return tuple(rows.values_list("name", flat=True)[:MOST_SYSTEMS])


def _filtered(scope: Scope, filter: SystemFilter) -> QuerySet[System]:
    rows = System.objects.filter(tenant_id=scope.tenant_id)
    if filter.text:
        rows = rows.filter(Q(name__icontains=filter.text) | Q(description__icontains=filter.text))
    if filter.capability:
        rows = rows.filter(capabilities__contains=[filter.capability])
    for column, wanted in (
        ("type", filter.type),
        ("status", filter.status),
        ("lifecycle_state", filter.lifecycle),
    ):
        rows = rows.filter(**{column: wanted}) if wanted else rows
    return rows


def line_of(row: dict[str, Any]) -> SystemLine:
    """One row of `systems`."""
    return SystemLine(
        name=row["name"],
        type=row["type"],
        description=row["description"],
        status=row["status"],
        lifecycle=row["lifecycle_state"],
        version=row["version"],
        constitution_version=row["constitution_version"],
        capabilities=tuple(row["capabilities"]),
        last_amended_at=row["last"],
        open_proposals=row["open"],
        health=_health(row),
    )


def system(*, scope: Scope, name: str) -> System:
    """One system with its constitution. Raises `NotFound`, also for another tenant's."""
    # PostgreSQL has no text with U+0000, so nothing is called that.
    found = None if "\x00" in name else System.objects.filter(tenant_id=scope.tenant_id, name=name).first()
    if found is None:
        raise NotFound(f"There is no system called {visible(name)}.")
    return found


def health(system: System) -> Health:
    return _health({column: getattr(system, column) for column in _METRICS})


def amendments(*, scope: Scope, system: System) -> Amendments:
    """How often this system's constitution was amended and rolled back."""
    rows = _model("ConstitutionalAmendment").filter(tenant_id=scope.tenant_id, system_id=system.id)
    figures = rows.aggregate(total=Count("id"), rollbacks=Count("rolled_back_at"), last=Max("approved_at"))
    under_way = _model("AmendmentProposal").filter(
        tenant_id=scope.tenant_id, system_id=system.id, state__in=OPEN_PROPOSALS
    )
    return Amendments(figures["total"], figures["rollbacks"], under_way.count(), figures["last"])


def digests(*, scope: Scope, systems: Iterable[System]) -> dict[UUID, str]:
    """The digest of each system's constitution, in one query."""
    wanted = {(system.id, system.constitution_version) for system in systems}
    rows = SystemVersion.objects.filter(
        tenant_id=scope.tenant_id,
        system_id__in=[system_id for system_id, _ in wanted],
        number__in={number for _, number in wanted},
    ).values_list("system_id", "number", "digest")
    return {system_id: digest for system_id, number, digest in rows if (system_id, number) in wanted}


_METRICS: Final = (
    "total_executions",
    "successful_executions",
    "avg_cost_usd",
    "avg_execution_time_ms",
    "avg_user_satisfaction",
)
_COLUMNS: Final = (
    "name",
    "type",
    "description",
    "status",
    "lifecycle_state",
    "version",
    "constitution_version",
    "capabilities",
    *_METRICS,
    "last",
    "open",
)


def _health(row: dict[str, Any]) -> Health:
    ran = row["total_executions"] > 0
    return Health(
        total=row["total_executions"],
        successful=row["successful_executions"],
        avg_cost_usd=row["avg_cost_usd"] if ran else None,
        avg_execution_time_ms=row["avg_execution_time_ms"] if ran else None,
        avg_user_satisfaction=row["avg_user_satisfaction"],
    )


def _last_amended() -> Subquery:
    rows = _model("ConstitutionalAmendment").filter(tenant_id=OuterRef("tenant_id"), system_id=OuterRef("id"))
    return Subquery(rows.order_by("-approved_at").values("approved_at")[:1])


def _open_proposals() -> Coalesce:
    rows = _model("AmendmentProposal").filter(
        tenant_id=OuterRef("tenant_id"), system_id=OuterRef("id"), state__in=OPEN_PROPOSALS
    )
    counted = rows.order_by().values("system_id").annotate(number=Count("id"))
    return Coalesce(Subquery(counted.values("number")), 0)


def _model(name: str) -> QuerySet[Model]:
    """A higher slice's table, by name: its rows are read here and written there."""
    rows: QuerySet[Model] = apps.get_model("governance", name)._default_manager.all()
    return rows
