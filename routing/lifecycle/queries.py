"""Where everything is on its way: what the page, the panels and programs read."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

from django.db import connection
from django.db.models import Count, Min, Q, QuerySet
from django.utils.translation import gettext

from governance.errors import NotFound
from governance.registry.models import System
from governance.rulebook.law_document import SYSTEM_NAME as LAW
from governance.scope import Capability, Scope
from governance.tenants.models import Tenant
from routing.executions import ages as counted
from routing.executions.models import Execution
from routing.executions.queries import demand_visible
from routing.lifecycle import ages
from routing.lifecycle.ages import STATES, Standing
from routing.lifecycle.holds import subject_of
from routing.lifecycle.models import Archive, ArchivedRow, HoldOn, LegalHold

SOON: Final = timedelta(days=7)
MOST_SYSTEMS: Final = 200

MOST_SOON: Final = 1_000
"""Of what moves soon so many are counted, for each state; one more says that there are more."""

_SOON: Final = """
SELECT (SELECT count(*) FROM (SELECT 1 FROM executions WHERE tenant_id = %(tenant)s AND lifecycle_state = 'HOT'
    AND last_accessed_at <= %(warm)s LIMIT %(most)s) w),
  (SELECT count(*) FROM (SELECT 1 FROM executions WHERE tenant_id = %(tenant)s AND lifecycle_state = 'WARM'
    AND last_accessed_at <= %(cold)s LIMIT %(most)s) c),
  (SELECT count(*) FROM (SELECT 1 FROM executions WHERE tenant_id = %(tenant)s AND lifecycle_state = 'COLD'
    AND last_accessed_at <= %(archived)s LIMIT %(most)s) a)
"""


@dataclass(frozen=True, slots=True)
class Segment:
    """One state of a bar: how many executions are in it, and their share in percent."""

    state: str
    count: int
    percent: float
    start: float


@dataclass(frozen=True, slots=True)
class Bar:
    """A system on its way, and where its executions are. `kept_for` says which rule is the longer one."""

    name: str
    standing: Standing | None
    segments: tuple[Segment, ...]
    total: int
    kept_for: str
    is_held: bool


@dataclass(frozen=True, slots=True)
class Held:
    """A legal hold as it is listed."""

    id: UUID
    kind: str
    subject: str
    system: str
    execution_id: UUID | None
    reason: str
    placed_at: datetime
    placed_by: str
    released_at: datetime | None
    released_by: str
    released_because: str


@dataclass(frozen=True, slots=True)
class File:
    """An archive file as it is listed; `away` of its `rows` are nowhere else."""

    id: UUID
    name: str
    at: datetime
    digest: str
    bytes: int
    rows: int
    away: int
    sequence: int | None
    destroyed_at: datetime | None
    destroyed_in: int | None
    checked_at: datetime | None
    fault: str


@dataclass(frozen=True, slots=True)
class Checks:
    """What reading the files back has found: of `files` that must be there `checked` were read once, the one unread for longest
    at `as_of`; `faulty` were missing or not what was written when last read."""

    files: int
    checked: int
    faulty: int
    as_of: datetime | None


@dataclass(frozen=True, slots=True)
class Board:
    """Everything at a glance, at `as_of`. `soon` is what the next seven days move, by the state it moves to, as far as
    `MOST_SOON` counts."""

    as_of: datetime
    years: int
    totals: tuple[Segment, ...]
    total: int
    soon: Mapping[str, int]
    bars: tuple[Bar, ...]
    holds: tuple[Held, ...]
    is_exact: bool
    """The executions themselves were counted, not their sums."""

    @property
    def soon_said(self) -> dict[str, str]:
        """`soon` as it is read."""
        most = gettext("more than %(n)s") % {"n": f"{MOST_SOON:,}"}
        return {state: most if count > MOST_SOON else f"{count:,}" for state, count in self.soon.items()}


@dataclass(frozen=True, slots=True)
class Away:
    """One execution that is archived or destroyed: since when, until when, where."""

    execution_id: UUID
    standing: Standing
    archive: str
    digest: str
    is_held: bool
    restore_refused: str

    @property
    def is_destroyed(self) -> bool:
        return self.standing.state == "PRUNED"


def board(*, scope: Scope, at: datetime, exact: bool = False) -> Board:
    """The page's figures: six queries over sums, however many systems and executions there are. Raises `NotAllowed`."""
    scope.demand(Capability.READ_RECORD, to="see where everything is")
    years = retention_years(scope=scope)
    found = tuple(held(row) for row in holds(scope=scope, is_in_force=True))
    counts = counted.by_system(scope=scope, exact=exact)
    totals = {state: sum(of.get(state, 0) for of in counts.values()) for state in STATES}
    rows = (
        System.objects.filter(tenant_id=scope.tenant_id).defer("capabilities_embedding").order_by("name")[:MOST_SYSTEMS]
    )
    bars = [_bar(row, counts.get(row.id, {}), years=years, holds=found) for row in rows]
    if nobody := counts.get(None):
        is_held = any(one.kind == HoldOn.TENANT.value for one in found)
        bars.append(Bar("", None, *_segments(nobody), ages.years_said(years), is_held))
    return Board(at, years, *_segments(totals), _soon(scope, at=at), tuple(bars), found, exact)


def bar_of(*, scope: Scope, system: System) -> Bar:
    """One system's bar. Four queries over sums."""
    years = retention_years(scope=scope)
    counts = counted.of_system(scope=scope, system_id=system.id)
    return _bar(system, counts, years=years, holds=tuple(held(row) for row in holds(scope=scope, is_in_force=True)))


def retention_years(*, scope: Scope) -> int:
    """For how long the tenant keeps what is archived."""
    return Tenant.objects.values_list("retention_years", flat=True).get(id=scope.tenant_id)


def away(*, scope: Scope, execution_id: UUID) -> Away | None:
    """Where an execution's contents are; None while they are here. Raises `NotFound`."""
    demand_visible(scope=scope, id=execution_id)
    row = (
        Execution.objects.filter(tenant_id=scope.tenant_id, id=execution_id)
        .defer("request_embedding")
        .select_related("system")
        .first()
    )
    if row is None or row.lifecycle_state not in {"ARCHIVED", "PRUNED"}:
        return None
    last = ArchivedRow.objects.filter(tenant_id=scope.tenant_id, execution_id=execution_id, restored_at=None)
    found = last.select_related("archive").first()
    if found is None:
        raise NotFound("There is no archive of this execution.")
    years = retention_years(scope=scope)
    until = ages.kept_until(found.archived_at, years=years, constitution=row.system.constitution if row.system else {})
    standing = ages.standing(
        state=row.lifecycle_state,
        last_accessed_at=row.last_accessed_at,
        archived_at=found.pruned_at or found.archived_at,
        kept_until=until,
    )
    covers = (
        Q(kind=HoldOn.TENANT.value) | Q(system_id__isnull=False, system_id=row.system_id) | Q(execution_id=execution_id)
    )
    is_held = LegalHold.objects.filter(covers, tenant_id=scope.tenant_id, released_at=None).exists()
    refused = scope.why_not(Capability.RESTORE, to="bring back what was archived")
    return Away(execution_id, standing, found.archive.name, found.digest, is_held, refused)


def holds(*, scope: Scope, is_in_force: bool | None = None) -> QuerySet[LegalHold]:
    """Legal holds, newest first; give them to `held`. Raises `NotAllowed`."""
    scope.demand(Capability.READ_RECORD, to="see legal holds")
    rows = LegalHold.objects.filter(tenant_id=scope.tenant_id).select_related("system").order_by("-id")
    return rows if is_in_force is None else rows.filter(released_at__isnull=is_in_force)


def held(row: LegalHold) -> Held:
    """A hold as it is listed."""
    return Held(
        row.id, row.kind, subject_of(row), row.system.name if row.system else "", row.execution_id, row.reason, row.placed_at,
        row.placed_by, row.released_at, row.released_by, row.released_because,
    )  # fmt: skip


def archives(*, scope: Scope) -> QuerySet[Archive]:
    """Archive files, newest first; slice them and give them to `files_of`. Raises `NotAllowed`."""
    scope.demand(Capability.READ_RECORD, to="see the archives")
    return Archive.objects.filter(tenant_id=scope.tenant_id).order_by("-id")


def files_of(*, scope: Scope, rows: QuerySet[Archive] | list[Archive]) -> list[File]:
    """Archives as they are listed. Two queries."""
    found = list(rows)
    away = ArchivedRow.objects.filter(tenant_id=scope.tenant_id, archive__in=found, restored_at=None, pruned_at=None)
    counts = dict(away.order_by().values_list("archive_id").annotate(n=Count("id")))
    return [
        File(
            one.id, one.name, one.at, one.digest, one.bytes, one.rows, counts.get(one.id, 0), one.sequence, one.destroyed_at,
            one.destroyed_in, one.checked_at, one.fault,
        )
        for one in found
    ]  # fmt: skip


def checks(*, scope: Scope) -> Checks:
    """What the last looks at the files have found. One query. Raises `NotAllowed`."""
    here = Q(destroyed_at=None)
    found = archives(scope=scope).aggregate(
        files=Count("id", here),
        checked=Count("checked_at", here),
        faulty=Count("id", ~Q(fault="")),
        as_of=Min("checked_at", filter=here),
    )
    return Checks(**found)


def _soon(scope: Scope, *, at: datetime) -> dict[str, int]:
    then = at + SOON
    moments = {"warm": then - ages.WARM, "cold": then - ages.COLD, "archived": then - ages.ARCHIVED}
    with connection.cursor() as cursor:
        cursor.execute(_SOON, {"tenant": scope.tenant_id, "most": MOST_SOON + 1, **moments})
        return dict(zip(STATES[1:4], cursor.fetchone(), strict=True))


def _segments(counts: Mapping[str, int]) -> tuple[tuple[Segment, ...], int]:
    total, start, found = sum(counts.values()), 0.0, []
    for state in STATES:
        percent = round(100 * counts.get(state, 0) / total, 2) if total else 0.0
        found.append(Segment(state, counts.get(state, 0), percent, start))
        start = round(start + percent, 2)
    return tuple(found), total


def _bar(row: System, counts: Mapping[str, int], *, years: int, holds: tuple[Held, ...]) -> Bar:
    until = row.archived_at and ages.kept_until(row.archived_at, years=years, constitution=row.constitution)
    standing = ages.standing_of_system(
        state=row.lifecycle_state,
        last_accessed_at=row.last_accessed_at,
        archived_at=row.archived_at,
        kept_until=until,
        destroyed_at=row.updated_at,
        is_law=row.name == LAW,
    )
    is_held = any(one.kind == HoldOn.TENANT.value or one.system == row.name for one in holds)
    return Bar(row.name, standing, *_segments(counts), _kept_for(row.constitution, years), is_held)


def _kept_for(constitution: Mapping[str, Any], years: int) -> str:
    """The longer of the tenant's years and the constitution's days, in words."""
    base = datetime(2000, 1, 1)
    by_tenant = ages.kept_until(base, years=years, constitution={})
    by_both = ages.kept_until(base, years=years, constitution=constitution)
    return (
        ages.years_said(years) if by_both == by_tenant else f"{(by_both - base).days:,} days, as its constitution says"
    )
