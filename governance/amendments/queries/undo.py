"""The facts of the rollback dialog: what it undoes, what builds on it, whom it touches, why it cannot be."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime

from governance.amendments.inverse import drafted
from governance.amendments.kinds import Basis
from governance.amendments.models import AmendmentProposal, ConstitutionalAmendment, Rollback, RollbackState
from governance.amendments.queries.comparison import Line, lines_of, overlapping
from governance.amendments.queries.conflicts import touched_by
from governance.amendments.queries.staleness import OPEN
from governance.amendments.undo import Undo
from governance.approvals.models import RequestState
from governance.errors import NotAllowed, NotFound
from governance.registry.models import System
from governance.scope import Capability, Scope


@dataclass(frozen=True, slots=True)
class Later:
    """An amendment that came after and is in force; `pointers` are the places it shares with what is undone."""

    amendment: ConstitutionalAmendment
    pointers: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class RollBackPreview:
    """What rolling an amendment back would do now, bound by `digest`.

    `refused_because` says why nobody can roll it back now, `not_you_because` why this reader cannot.
    """

    amendment: ConstitutionalAmendment
    undo: Undo
    digest: str
    needs: int
    later: tuple[ConstitutionalAmendment, ...]
    refused_because: str
    system: System
    lines: tuple[Line, ...] = ()
    built_on: tuple[Later, ...] = ()
    voids: tuple[AmendmentProposal, ...] = ()
    dependants: tuple[str, ...] = ()
    waiting: Rollback | None = field(default=None)
    not_you_because: str = ""

    @property
    def reason_to_rest(self) -> str:
        """Why the button rests, or ""."""
        return self.refused_because or self.not_you_because


def roll_back_preview(*, scope: Scope, number: int, at: datetime) -> RollBackPreview:
    """The rollback dialog's facts; `refused_because` says why there can be none. Raises `NotFound`."""
    amendment = ConstitutionalAmendment.objects.filter(tenant_id=scope.tenant_id, number=number).first()
    if amendment is None:
        raise NotFound(f"There is no applied amendment AMD-{number}.")
    system = System.objects.get(tenant_id=scope.tenant_id, id=amendment.system_id)
    rollback, undo = drafted(scope=scope, amendment=amendment, system=system, reason="", at=at)
    later = tuple(_later(scope=scope, amendment=amendment))
    waiting = _waiting(scope=scope, amendment=amendment)
    return RollBackPreview(
        amendment=amendment,
        undo=undo,
        digest=rollback.digest,
        needs=2 if undo.effect.value in ("expands", "unclassified") else 1,
        later=later,
        refused_because=_refused_because(amendment, undo, waiting, system),
        system=system,
        lines=lines_of(undo.changes),
        built_on=tuple(_shared(amendment, later)),
        voids=tuple(_voids(scope=scope, amendment=amendment)),
        dependants=_names(scope=scope, system=system),
        waiting=waiting,
        not_you_because=may_roll_back(scope=scope),
    )


def may_roll_back(*, scope: Scope) -> str:
    """Why this actor may not roll anything back, or ""."""
    try:
        scope.demand(Capability.ROLL_BACK, to="roll back an amendment")
    except NotAllowed as refusal:
        return refusal.sentence
    return ""


def cannot_be_undone(amendment: ConstitutionalAmendment) -> str:
    """Why an applied amendment can never be rolled back (again), or ""."""
    if amendment.rolled_back_at is not None:
        return "It was rolled back already."
    if not amendment.can_rollback:
        return f"It cannot be rolled back: {Basis(amendment.basis).irreversible_because}."
    return ""


def _refused_because(amendment: ConstitutionalAmendment, undo: Undo, waiting: Rollback | None, system: System) -> str:
    if reason := cannot_be_undone(amendment):
        return reason
    if undo.conflicts:
        return "Later amendments changed the same places, and a rollback never overwrites them."
    if undo.is_empty:
        return "Nothing of it is left in today's constitution."
    if waiting is not None and waiting.base_version == system.constitution_version:
        return f"{waiting.requested_by} asked for this rollback already. A second person confirms it on the amendment."
    return ""


def _later(*, scope: Scope, amendment: ConstitutionalAmendment) -> Iterable[ConstitutionalAmendment]:
    rows = ConstitutionalAmendment.objects.filter(
        tenant_id=scope.tenant_id,
        system_id=amendment.system_id,
        new_version__gt=amendment.new_version,
        rolled_back_at=None,
    )
    return rows.defer("old_constitution", "new_constitution", "bound").order_by("new_version")


def _shared(amendment: ConstitutionalAmendment, later: Iterable[ConstitutionalAmendment]) -> Iterable[Later]:
    mine = touched_by(amendment.diff)
    for row in later:
        shares = amendment.diff.keys() & row.diff.keys()
        yield Later(row, overlapping(touched_by(row.diff), mine) if shares else ())


def _voids(*, scope: Scope, amendment: ConstitutionalAmendment) -> Iterable[AmendmentProposal]:
    """Open proposals whose question the rollback closes, because their base moves."""
    return AmendmentProposal.objects.filter(
        tenant_id=scope.tenant_id,
        system_id=amendment.system_id,
        state__in=OPEN,
        request__state__in=[RequestState.OPEN, RequestState.MET],
    ).order_by("number")


def _names(*, scope: Scope, system: System) -> tuple[str, ...]:
    if not system.reverse_dependencies:
        return ()
    rows = System.objects.filter(tenant_id=scope.tenant_id, id__in=system.reverse_dependencies)
    return tuple(rows.order_by("name").values_list("name", flat=True))


def _waiting(*, scope: Scope, amendment: ConstitutionalAmendment) -> Rollback | None:
    return Rollback.objects.filter(tenant_id=scope.tenant_id, amendment=amendment, state=RollbackState.WAITING).first()
