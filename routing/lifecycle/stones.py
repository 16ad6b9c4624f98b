"""Destroying archived systems whose retention is over: counts first, a person who proves to be there, then stone and certificate.

A stone keeps name, id, type, dates, versions and constitution, which are on the ledger; description, vector, addresses,
connector, secrets and approved tools are destroyed. It never comes back. What keeps a system is looked at by the database
(`tars_system_stays`, `tars_prune_systems`).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from django.db import DatabaseError, connection, transaction

from governance.errors import NotAllowed
from governance.identity.confirm import Confirmation, demand_fresh
from governance.ledger import actions as ledger
from governance.ledger import merkle
from governance.ledger.verbs import governed
from governance.rulebook.law_document import SYSTEM_NAME as LAW
from governance.scope import Capability, Scope
from governance.tenants.actions import demand_reason
from governance.tenants.models import Tenant
from routing.lifecycle import pack
from routing.lifecycle.errors import CountsMoved, NothingDue
from routing.lifecycle.moving import EVENT

MOST: Final = 100
"""Systems that one act destroys at most; the page then shows the rest."""
_REASONS: Final = {
    "active": "it is active: change its status first",
    "hold": "it is on legal hold",
    "needed": "another system depends on it",
    "executions": "executions of it are not destroyed yet",
    "amendments": "an amendment of it is not decided yet",
}

_DUE: Final = """
SELECT d.*, tars_text_digest(tars_system_line(%(tenant)s, d.id)), (SELECT coalesce(sum(a.total), 0) FROM execution_ages a
    WHERE a.tenant_id = %(tenant)s AND a.system_id = d.id AND a.state = 'PRUNED')
FROM (SELECT s.id, s.name, s.type, s.created_at, s.archived_at, s.constitution_version,
    (SELECT v.digest FROM system_versions v
      WHERE v.tenant_id = %(tenant)s AND v.system_id = s.id AND v.number = s.constitution_version),
    tars_system_stays(%(tenant)s, s.id) AS stays
  FROM systems s CROSS JOIN (SELECT retention_years AS n FROM tenants WHERE id = %(tenant)s) years
  WHERE s.tenant_id = %(tenant)s AND s.lifecycle_state = 'ARCHIVED' AND s.name <> %(law)s
    AND tars_kept_until(s.archived_at, years.n, s.constitution) <= %(at)s
  ORDER BY cardinality(tars_system_stays(%(tenant)s, s.id)) > 0, s.archived_at, s.id LIMIT %(most)s) d
"""


@dataclass(frozen=True, slots=True)
class Old:
    """An archived system whose retention is over. `keeps`: why it stays all the same; empty: it may be destroyed."""

    id: UUID
    name: str
    type: str
    created_at: datetime
    archived_at: datetime
    version: int
    constitution_digest: str
    digest: str
    keeps: tuple[str, ...]
    executions: int
    """Destroyed before, of which the rows stay."""


@dataclass(frozen=True, slots=True)
class Due:
    """What a person is shown before anything is destroyed. `digest` names exactly what `systems` hold now."""

    systems: tuple[Old, ...]
    kept: tuple[Old, ...]
    digest: str


@dataclass(frozen=True, slots=True)
class Pruned:
    """What was destroyed. `sequence` is the ledger entry that is the certificate."""

    names: tuple[str, ...]
    sequence: int


def due(*, scope: Scope, at: datetime) -> Due:
    """Which systems may be destroyed now, and which stay and why. One query. Raises `NotAllowed`."""
    scope.demand(Capability.READ_RECORD, to="see what is due")
    with connection.cursor() as cursor:
        cursor.execute(_DUE, {"tenant": scope.tenant_id, "at": at, "most": MOST, "law": LAW})
        found = [_old(row) for row in cursor.fetchall()]
    free = tuple(one for one in found if not one.keeps)
    digest = pack.digest_of("\n".join(one.digest for one in free)) if free else ""
    return Due(free, tuple(one for one in found if one.keeps), digest)


@governed("lifecycle.prune_systems")
def prune(*, scope: Scope, digest: str, reason: str, confirmation: Confirmation, at: datetime) -> Pruned:
    """Destroy what `due` showed under this digest.

    Raises `NotAllowed`, `NotConfirmed`, `ReasonMissing`, `NothingDue`, `CountsMoved` (it is not what was shown).
    """
    scope.demand(Capability.RETAIN, to="destroy what is due")
    if scope.grants is not None:
        raise NotAllowed("A person destroys, signed in; a token does not.")
    demand_fresh(confirmation, user_id=scope.person_id, at=at)
    reason = demand_reason(reason, why="this is destroyed")
    Tenant.objects.select_for_update(no_key=True).get(id=scope.tenant_id)
    shown = due(scope=scope, at=at)
    if not shown.systems:
        raise NothingDue("No system is due to be destroyed.")
    if shown.digest != digest or not _destroyed(shown.systems, at=at):
        raise CountsMoved("What is due has changed since you looked. Look at the systems again, then decide.")
    sequence = _certified(scope, shown, reason, confirmation, at=at)
    return Pruned(tuple(one.name for one in shown.systems), sequence)


def _destroyed(systems: Sequence[Old], *, at: datetime) -> bool:
    """False where one of them was used, changed or held while this waited for it."""
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            ids, digests = [one.id for one in systems], [one.digest for one in systems]
            cursor.execute("SELECT tars_prune_systems(%s::uuid[], %s::text[], %s)", [ids, digests, at])
    except DatabaseError as error:
        if "tars_held" not in str(error):
            raise
        return False
    return True


def _certified(scope: Scope, shown: Due, reason: str, confirmation: Confirmation, *, at: datetime) -> int:
    """The destruction certificate: each system with the digest of what was destroyed, and of the constitution that stays."""
    names = ", ".join(one.name for one in shown.systems)
    entry = ledger.append(
        scope=scope,
        at=at,
        event_type=EVENT,
        action={
            "name": "lifecycle.prune_systems",
            "subject": names if len(shown.systems) == 1 else "archived systems",
            "rows": len(shown.systems),
            "root": merkle.root([one.digest.encode() for one in shown.systems]).hex(),
            "systems": [
                {"id": str(one.id), "name": one.name, "digest": one.digest, "version": one.version,
                 "constitution": one.constitution_digest}
                for one in shown.systems
            ],
            "kept": len(shown.kept),
            "reason": reason,
            "confirmed_with": confirmation.method,
        },
        explanation=f"Destruction certificate: {scope.actor.name} destroyed what was left of {names}, whose retention was over: "
        f"{reason}",
    )  # fmt: skip
    return entry.sequence


def _old(row: Sequence[Any]) -> Old:
    id, name, type, created_at, archived_at, version, constitution, stays, digest, executions = row
    keeps = tuple(_REASONS[one] for one in stays)
    return Old(id, name, type, created_at, archived_at, version, constitution, digest, keeps, int(executions))
