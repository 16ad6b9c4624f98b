"""What the pages of acts read: which systems can be dreamed of, what of one may be tried, what waits, what is barred."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

from django.db.models import QuerySet

from dreams.cycles import planning
from dreams.cycles.bounding import words_of
from dreams.cycles.drafting import NOBODY
from dreams.cycles.models import DreamBar, DreamWish
from dreams.cycles.signals import open_wishes
from dreams.mutate.dials import Dial, Stuck, dials_of
from dreams.mutate.writing import places_of
from governance.amendments.kinds import AmendmentType
from governance.amendments.models import ConstitutionalAmendment
from governance.canonical import JSON
from governance.constitution import diff
from governance.errors import NotFound
from governance.registry.models import Status, System
from governance.scope import Scope
from routing.writing import choice as writer

MOST_SYSTEMS: Final = 200
MOST_UNDONE: Final = 50
A_MODELS: Final = "Only a model writes variants of it. List one in its bounds to have it tried."
FEW: Final = 60
"""Up to so many values a person chooses from a list; of more they type one."""


@dataclass(frozen=True, slots=True)
class Barred:
    """One mutation that does not come again. `bar_id` is None where a rollback barred it, which `amendment` names."""

    system: str
    said: tuple[tuple[str, str], ...]
    because: str
    by: str
    at: Any
    bar_id: UUID | None = None
    amendment: int | None = None


@dataclass(frozen=True, slots=True)
class Trial:
    """What a person may ask to be tested: the dials of a system, the one that was chosen, and what waits."""

    system: System
    dials: tuple[Dial, ...]
    stuck: tuple[Stuck, ...]
    dial: Dial | None
    waiting: tuple[DreamWish, ...]

    @property
    def lines(self) -> list[tuple[DreamWish, tuple[tuple[str, str], ...]]]:
        return [(one, worded(one.changes)) for one in self.waiting]


def dreamable(*, scope: Scope) -> tuple[str, ...]:
    """Names of active systems that declare something tunable. One query."""
    rows = System.objects.filter(tenant_id=scope.tenant_id, status=Status.ACTIVE, constitution__has_key="tunable")
    return tuple(rows.order_by("name").values_list("name", flat=True)[:MOST_SYSTEMS])


def system_named(*, scope: Scope, name: str) -> System:
    """Raises `NotFound`."""
    found = System.objects.filter(tenant_id=scope.tenant_id, name=name).first()
    if found is None:
        raise NotFound(f"There is no system called {name}.")
    return found


def why_not(*, scope: Scope, name: str) -> str:
    """Why no night of this system may begin now; "" where one may. Raises `NotFound`."""
    system = system_named(scope=scope, name=name)
    if why := planning.why_not(scope=scope, system=system):
        return why
    dials, stuck = dials_of(system.constitution)
    places = places_of(system.constitution)
    if dials or (places and writer.is_set()):
        return ""
    stuck = (*stuck, *(Stuck(one.pointer, NOBODY) for one in places))
    said = f" {stuck[0].pointer}: {stuck[0].sentence}" if stuck else ""
    return f"The constitution of {name} leaves a dream nothing to move.{said}"


def trial(*, scope: Scope, name: str, pointer: str = "") -> Trial:
    """Raises `NotFound`."""
    system = system_named(scope=scope, name=name)
    dials, stuck = dials_of(system.constitution)
    chosen = next((one for one in dials if pointer in one.pointers), dials[0] if dials else None)
    known = {one.pointer for one in dials}
    written = (Stuck(one.pointer, A_MODELS) for one in places_of(system.constitution) if one.pointer not in known)
    return Trial(system, dials, (*stuck, *written), chosen, tuple(open_wishes(scope=scope, system_id=system.id)))


def bars(*, scope: Scope, system: str = "") -> QuerySet[DreamBar]:
    """What somebody said never again of, the newest first."""
    rows = DreamBar.objects.select_related("system").filter(tenant_id=scope.tenant_id, lifted_at=None)
    return (rows.filter(system__name=system) if system else rows).order_by("-barred_at", "-id")


def bar_lines(rows: Iterable[DreamBar]) -> list[Barred]:
    return [
        Barred(one.system.name, worded(one.changes), one.because, one.barred_by, one.barred_at, bar_id=one.id)
        for one in rows
    ]


def wishes_open(*, scope: Scope, system: str = "") -> QuerySet[DreamWish]:
    """Tests that wait for a night, the newest first."""
    rows = DreamWish.objects.select_related("system").filter(
        tenant_id=scope.tenant_id, dream=None, withdrawn_at=None, refused_because=""
    )
    return (rows.filter(system__name=system) if system else rows).order_by("-id")


def undone(*, scope: Scope, system: str = "") -> list[Barred]:
    """Promotions that were rolled back: barred without anybody's word. One query."""
    rows = ConstitutionalAmendment.objects.select_related("system", "proposal").filter(
        tenant_id=scope.tenant_id, amendment_type=AmendmentType.DREAM_PROMOTION.value, rolled_back_at__isnull=False
    )
    rows = (rows.filter(system__name=system) if system else rows).order_by("-rolled_back_at")[:MOST_UNDONE]
    return [_undone(one) for one in rows]


def worded(changes: Mapping[str, JSON]) -> tuple[tuple[str, str], ...]:
    """Pointer and value, as a person reads them."""
    return tuple((pointer, words_of(value)) for pointer, value in changes.items())


def _undone(one: ConstitutionalAmendment) -> Barred:
    found = diff.changes(one.old_constitution, one.new_constitution)
    said = worded({change.pointer: change.new for change in found if isinstance(change.new, str | int | float | bool)})
    number = one.proposal.number if one.proposal_id else None
    return Barred(one.system.name, said, "", "", one.rolled_back_at, amendment=number)
