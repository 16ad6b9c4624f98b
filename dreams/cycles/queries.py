"""Nights as pages and programs read them. What a night found is read by `reporting`, pairs by `pairs`, rates by `rates`."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from typing import Any, Final
from uuid import UUID

from django.db.models import Count, Q, QuerySet

from dreams.cycles import planning
from dreams.cycles.calendar import next_window
from dreams.cycles.models import OPEN, Dream, DreamCycle, State
from dreams.cycles.settings import chosen
from dreams.mutate.candidate import Origin
from dreams.verdict.rules import Verdict
from governance.errors import NotFound
from governance.registry.models import Status, System
from governance.scope import Capability, Scope

TO: Final = "see what TARS dreamed"
MOST_MORNINGS: Final = 12
MOST_AHEAD: Final = 5
MOST_SINCE: Final = 10
TONES: Final = {
    State.PLANNED: ("", "○"),
    State.RUNNING: ("accent", "◷"),
    State.JUDGED: ("tighten", "●"),
    State.STOPPED: ("expand", "◐"),
}


@dataclass(frozen=True, slots=True)
class NightFilter:
    """What a list asks for; "" and None are everything. `state`: a state, or `won` for nights that found something. Both days are
    UTC and included."""

    state: str = ""
    system: str = ""
    since: date | None = None
    until: date | None = None

    @property
    def is_narrow(self) -> bool:
        return bool(self.state or self.system or self.since or self.until)


@dataclass(frozen=True, slots=True)
class NightLine:
    """A night as a list shows it. `tried` leaves the dummy out; `won` may be promoted, `live` are in production."""

    id: UUID
    cycle_id: str
    system: str
    state: str
    state_label: str
    tone: str
    mark: str
    starts_at: datetime
    deadline_at: datetime
    ended_at: datetime | None
    tried: int
    won: int
    live: int
    spent_usd: Decimal
    runs: int
    most_runs: int
    stop_code: str
    stopped_because: str

    @property
    def is_open(self) -> bool:
        return self.state in OPEN


@dataclass(frozen=True, slots=True)
class Winner:
    """A dream that may be promoted, and what became of it. `amendment` is None while it is not proposed."""

    number: int
    said: str
    because: str
    gain: float | None
    amendment: int | None
    label: str
    state: str
    promoted_at: datetime | None
    not_proposed_because: str


@dataclass(frozen=True, slots=True)
class Morning:
    """The newest night of a system that is over, with what won."""

    line: NightLine
    winners: tuple[Winner, ...]


@dataclass(frozen=True, slots=True)
class Live:
    """A dream that came to production. `is_undone`: it was rolled back since."""

    cycle_id: str
    number: int
    system: str
    said: str
    amendment: int
    label: str
    promoted_at: datetime
    is_undone: bool


@dataclass(frozen=True, slots=True)
class Ahead:
    """The next night. `blocked`: systems that will not dream, with the reason; `ready`: names of those that will."""

    is_on: bool
    starts_at: datetime | None
    ends_at: datetime | None
    ready: tuple[str, ...] = ()
    blocked: tuple[tuple[str, str], ...] = ()


def nights(*, scope: Scope, filter: NightFilter | None = None) -> QuerySet[DreamCycle]:
    """The tenant's nights, newest first; slice them and give them to `lines_of`. Raises `NotAllowed`."""
    scope.demand(Capability.READ_RECORD, to=TO)
    asked = filter or NightFilter()
    rows = DreamCycle.objects.filter(tenant_id=scope.tenant_id).select_related("system").defer("plan")
    if asked.state == "won":
        rows = rows.filter(id__in=_winning(scope).values("night_id"))
    elif asked.state:
        rows = rows.filter(state=asked.state)
    if asked.system:
        rows = rows.filter(system__name=asked.system)
    if asked.since:
        rows = rows.filter(starts_at__gte=_start(asked.since))
    if asked.until:
        rows = rows.filter(starts_at__lt=_start(asked.until + timedelta(days=1)))
    return rows.order_by("-starts_at", "-id")


def lines_of(rows: Iterable[DreamCycle], *, scope: Scope) -> list[NightLine]:
    """What a list shows of these nights. One query for all of them together."""
    kept = list(rows)
    counted = _counts(scope, [one.id for one in kept])
    return [line_of(one, counted.get(one.id, {})) for one in kept]


def found(*, scope: Scope, cycle_id: str) -> DreamCycle:
    """One night, with its plan. Raises `NotAllowed`, `NotFound`."""
    scope.demand(Capability.READ_RECORD, to=TO)
    rows = DreamCycle.objects.filter(tenant_id=scope.tenant_id, cycle_id=cycle_id).select_related("system")
    night = rows.first() if "\x00" not in cycle_id else None
    if night is None:
        raise NotFound(f"There is no night called {cycle_id}.")
    return night


def dreams_of(*, scope: Scope, night: DreamCycle) -> list[Dream]:
    """A night's dreams with their proposals, the dummy first. One query."""
    rows = Dream.objects.filter(tenant_id=scope.tenant_id, night=night).select_related("proposal")
    return list(rows.order_by("number"))


def dream(*, scope: Scope, cycle_id: str, place: int) -> Dream:
    """One dream with its night. Raises `NotAllowed`, `NotFound`."""
    scope.demand(Capability.READ_RECORD, to=TO)
    night = found(scope=scope, cycle_id=cycle_id)
    rows = Dream.objects.filter(tenant_id=scope.tenant_id, night=night, number=place)
    one = rows.select_related("proposal").first() if place <= 32_767 else None
    if one is None:
        raise NotFound(f"{cycle_id} has no such dream.")
    one.night = night
    return one


def running(*, scope: Scope) -> list[NightLine]:
    """Nights that are planned or under way, the next first. Two queries."""
    rows = nights(scope=scope).filter(state__in=[one.value for one in OPEN]).order_by("starts_at", "id")
    return lines_of(rows[:MOST_MORNINGS], scope=scope)


def mornings(*, scope: Scope) -> list[Morning]:
    """The newest night of each system that is over, the newest of them first. Three queries."""
    over = nights(scope=scope).exclude(state__in=[one.value for one in OPEN])
    newest = over.order_by("system_id", "-starts_at", "-id").distinct("system_id")
    rows = sorted(newest, key=lambda one: (one.starts_at, one.id), reverse=True)[:MOST_MORNINGS]
    winners = _winners(scope, [one.id for one in rows])
    return [Morning(line, tuple(winners.get(line.id, ()))) for line in lines_of(rows, scope=scope)]


def since(*, scope: Scope) -> list[Live]:
    """The dreams that came to production last. One query."""
    rows = Dream.objects.filter(tenant_id=scope.tenant_id, promoted_to_production=True).select_related("proposal")
    return [_live(one) for one in rows.order_by("-promoted_at", "-id")[:MOST_SINCE]]


def ahead(*, scope: Scope, at: datetime, system: System | None = None) -> Ahead:
    """The next night of the tenant or of one system, and what keeps systems from it. At most 6 + 3 for each of `MOST_AHEAD`
    queries."""
    choice = chosen(scope=scope)
    if not choice.is_on:
        return Ahead(is_on=False, starts_at=None, ends_at=None)
    starts, ends = next_window(scope=scope, chosen=choice, at=at)
    if starts <= at and _has_dreamed(scope, system, since=starts):
        starts, ends = starts + timedelta(days=1), ends + timedelta(days=1)
    asked = [system] if system else _dreamable(scope)
    why = [(one.name, _why_not(scope, one, is_on=choice.aim_of(one.id).is_on)) for one in asked]
    return Ahead(
        is_on=True,
        starts_at=starts,
        ends_at=ends,
        ready=tuple(name for name, said in why if not said),
        blocked=tuple((name, said) for name, said in why if said),
    )


def line_of(row: DreamCycle, counted: dict[str, int]) -> NightLine:
    tone, mark = TONES[State(row.state)]
    return NightLine(
        id=row.id,
        cycle_id=row.cycle_id,
        system=row.system.name,
        state=row.state,
        state_label=State(row.state).label,
        tone=tone,
        mark=mark,
        starts_at=row.starts_at,
        deadline_at=row.deadline_at,
        ended_at=row.ended_at,
        tried=counted.get("tried", 0),
        won=counted.get("won", 0),
        live=counted.get("live", 0),
        spent_usd=row.spent_usd,
        runs=row.runs,
        most_runs=row.most_runs,
        stop_code=row.stop_code,
        stopped_because=row.stopped_because,
    )


def winner_of(one: Dream) -> Winner:
    proposal = one.proposal
    return Winner(
        number=one.number,
        said=one.said,
        because=one.because,
        gain=one.gain_seen,
        amendment=proposal.number if proposal else None,
        label=proposal.label if proposal else "",
        state=proposal.state if proposal else "",
        promoted_at=one.promoted_at,
        not_proposed_because=one.not_proposed_because,
    )


def _counts(scope: Scope, ids: Sequence[UUID]) -> dict[UUID, dict[str, int]]:
    rows = Dream.objects.filter(tenant_id=scope.tenant_id, night_id__in=ids).exclude(origin=Origin.DUMMY.value)
    counted = rows.values("night_id").annotate(
        tried=Count("id"),
        won=Count("id", filter=Q(verdict=Verdict.PROMOTE.value)),
        live=Count("id", filter=Q(promoted_to_production=True)),
    )
    names = ("tried", "won", "live")
    rows_of = counted.order_by().values_list("night_id", *names) if ids else ()
    return {night: dict(zip(names, counts, strict=True)) for night, *counts in rows_of}


def _winning(scope: Scope) -> QuerySet[Dream]:
    rows = Dream.objects.filter(tenant_id=scope.tenant_id, verdict=Verdict.PROMOTE.value)
    return rows.exclude(origin=Origin.DUMMY.value)


def _winners(scope: Scope, ids: Sequence[UUID]) -> dict[UUID, list[Winner]]:
    by_night: dict[UUID, list[Winner]] = {}
    if ids:
        for one in _winning(scope).filter(night_id__in=ids).select_related("proposal").order_by("-gain_seen", "number"):
            by_night.setdefault(one.night_id, []).append(winner_of(one))
    return by_night


def _live(one: Dream) -> Live:
    proposal: Any = one.proposal
    return Live(
        cycle_id=one.cycle_id,
        number=one.number,
        system=one.system_name,
        said=one.said,
        amendment=proposal.number,
        label=proposal.label,
        promoted_at=one.promoted_at or one.dreamed_at,
        is_undone=proposal.state == "rolled_back",
    )


def _dreamable(scope: Scope) -> list[System]:
    rows = System.objects.filter(tenant_id=scope.tenant_id, status=Status.ACTIVE, constitution__has_key="tunable")
    return list(rows.order_by("name")[:MOST_AHEAD])


def _has_dreamed(scope: Scope, system: System | None, *, since: datetime) -> bool:
    rows = DreamCycle.objects.filter(tenant_id=scope.tenant_id, starts_at__gte=since)
    return (rows.filter(system=system) if system else rows).exists()


def _why_not(scope: Scope, system: System, *, is_on: bool) -> str:
    if not is_on:
        return f"{system.name} is left out of the nights by choice."
    if "tunable" not in system.constitution:
        return f"The constitution of {system.name} declares nothing tunable."
    return planning.why_not(scope=scope, system=system)


def _start(day: date) -> datetime:
    return datetime.combine(day, time(), UTC)
