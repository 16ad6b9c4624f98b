from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from governance.amendments.actions.undo import drafted
from governance.amendments.kinds import Basis
from governance.amendments.models import ConstitutionalAmendment
from governance.amendments.undo import Undo
from governance.errors import NotFound
from governance.registry.models import System
from governance.scope import Scope


@dataclass(frozen=True, slots=True)
class RollBackPreview:
    """What rolling an amendment back would do now, bound by `digest`."""

    amendment: ConstitutionalAmendment
    undo: Undo
    digest: str
    needs: int
    later: tuple[ConstitutionalAmendment, ...]
    refused_because: str


def roll_back_preview(*, scope: Scope, number: int, at: datetime) -> RollBackPreview:
    """The rollback dialog's facts; `refused_because` says why there can be none. Raises `NotFound`."""
    amendment = ConstitutionalAmendment.objects.filter(tenant_id=scope.tenant_id, number=number).first()
    if amendment is None:
        raise NotFound(f"There is no applied amendment AMD-{number}.")
    system = System.objects.get(tenant_id=scope.tenant_id, id=amendment.system_id)
    rollback, undo = drafted(scope=scope, amendment=amendment, system=system, reason="", at=at)
    later = ConstitutionalAmendment.objects.filter(
        tenant_id=scope.tenant_id, system_id=system.id, new_version__gt=amendment.new_version, rolled_back_at=None
    ).order_by("new_version")
    return RollBackPreview(
        amendment=amendment,
        undo=undo,
        digest=rollback.digest,
        needs=2 if undo.effect.value in ("expands", "unclassified") else 1,
        later=tuple(later),
        refused_because=_refused_because(amendment, undo),
    )


def _refused_because(amendment: ConstitutionalAmendment, undo: Undo) -> str:
    if amendment.rolled_back_at is not None:
        return "It was rolled back already."
    if not amendment.can_rollback:
        return f"It cannot be rolled back: {Basis(amendment.basis).irreversible_because}."
    if undo.conflicts:
        return "Later amendments changed the same places, and a rollback never overwrites them."
    if undo.is_empty:
        return "Nothing of it is left in today's constitution."
    return ""
