"""What lets a person say that a system is itself again: a run, as the drift machine reads it."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from dreams.elicitation import suite
from dreams.elicitation.models import CanonicalItem, Elicitation
from dreams.elicitation.running import record_of
from governance import canonical
from governance.drift import validating
from governance.drift.validating import Elicited
from governance.errors import NotFound
from governance.registry.models import System
from governance.rulebook.gather import gathered
from governance.scope import Scope


def register() -> None:
    """Called from `AppConfig.ready`, again without harm."""
    validating.register_elicitation(read)


def read(*, scope: Scope, system: System, run: UUID, since: datetime, at: datetime) -> Elicited:
    """A run of this system, with what speaks against relying on it. Raises `NotFound`."""
    row = Elicitation.objects.filter(tenant_id=scope.tenant_id, system_id=system.id, id=run).first()
    if row is None:
        raise NotFound(f"There is no such run of {system.name}. Ask the scenarios, then name that run.")
    parts = record_of(row)["parts"]
    return Elicited(
        id=row.id,
        at=row.at,
        asked=row.asked,
        as_expected=row.as_expected,
        is_consistent=row.is_passed,
        stale=stale(scope=scope, system=system, row=row, at=at),
        hands=_hands(scope, since),
        evidence={
            "run": str(row.id),
            "digest": row.digest,
            "constitution": row.constitution_digest,
            "version": row.constitution_version,
            "law": row.law_digest,
            "checks": row.checks,
            "agreed": row.agreed,
            "parts": parts,
        },
    )


def stale(*, scope: Scope, system: System, row: Elicitation, at: datetime) -> str:
    """Why a run says nothing about today, beside its age; "" where it does."""
    if canonical.digest_bytes(bytes(row.canonical)) != row.digest:
        return "What is stored of this run does not have its digest. Verify the ledger and tell the security team."
    bears = gathered(scope=scope, system=system.name, session="", at=at)
    if bears.constitution.digest != row.constitution_digest:
        return f"The constitution of {system.name} was changed after this run, which stood on version {row.constitution_version}."
    if bears.law.digest != row.law_digest:
        return "The law was changed after this run."
    if suite.digest(suite.of_system(suite.items(scope=scope), system=system.name)) != row.suite_digest:
        return "What is expected was changed after this run."
    return ""


def _hands(scope: Scope, since: datetime) -> frozenset[UUID]:
    """Who changed what is expected since."""
    rows = CanonicalItem.objects.filter(tenant_id=scope.tenant_id, updated_at__gte=since)
    return frozenset(id for id in rows.values_list("updated_by_id", flat=True) if id is not None)
