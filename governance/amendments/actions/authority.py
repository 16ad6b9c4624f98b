"""Who may approve without being asked each time, and how many a tenant wants to ask."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from uuid import UUID

from governance.amendments.actions import tell
from governance.amendments.authority import policy_version
from governance.amendments.errors import BadGrant
from governance.amendments.facts import tenant_quorums
from governance.amendments.kinds import AmendmentType
from governance.amendments.models import Quorum, StandingAuthority
from governance.constitution.diff import Effect
from governance.constitution.values import is_pointer
from governance.errors import NotFound
from governance.ids import new_id
from governance.ledger import actions as ledger
from governance.ledger.verbs import governed
from governance.registry.models import System
from governance.scope import Capability, Role, Scope


@governed("amendments.grant_authority")
def grant_authority(
    *,
    scope: Scope,
    systems: Iterable[str],
    pointers: Mapping[str, float | None],
    max_per_week: int,
    expires_at: datetime,
    reason: str,
    at: datetime,
) -> StandingAuthority:
    """Let TARS approve dream promotions alone: on these systems (by name; none means all), at these pointers, up to these
    largest steps, at most `max_per_week` in seven days, until `expires_at`. Raises `NotAllowed`, `NotFound`, `BadGrant`."""
    scope.demand(Capability.GRANT_AUTHORITY, to="grant a standing authority")
    if scope.actor.user_id is None:
        raise BadGrant("A standing authority is granted by a person.")
    _check_grant(pointers=pointers, max_per_week=max_per_week, expires_at=expires_at, reason=reason, at=at)
    names = sorted(set(systems))
    ids = dict(System.objects.filter(tenant_id=scope.tenant_id, name__in=names).values_list("name", "id"))
    if unknown := [name for name in names if name not in ids]:
        raise NotFound(f"There is no system called {unknown[0]}.")
    grant = StandingAuthority.objects.create(
        id=new_id(at),
        tenant_id=scope.tenant_id,
        granted_by=scope.actor.name,
        granted_by_id=scope.actor.user_id,
        systems=[str(ids[name]) for name in names],
        pointers=dict(pointers),
        max_per_week=max_per_week,
        reason=reason.strip(),
        granted_at=at,
        expires_at=expires_at,
    )
    ledger.append(
        scope=scope,
        at=at,
        event_type="authority",
        action={
            "name": "amendments.grant_authority",
            "subject": ", ".join(names) or "every system",
            "authority_id": str(grant.id),
            "pointers": dict(pointers),
            "max_per_week": max_per_week,
            "expires_at": expires_at.isoformat(),
            "reason": reason.strip(),
        },
        explanation=f"TARS may promote dreams alone on {', '.join(names) or 'every system'} until {expires_at:%d %B %Y}.",
    )
    return grant


@governed("amendments.revoke_authority", subject="authority_id")
def revoke_authority(*, scope: Scope, authority_id: UUID, reason: str, at: datetime) -> StandingAuthority:
    """End a standing authority now. Raises `NotAllowed`, `NotFound`."""
    scope.demand(Capability.GRANT_AUTHORITY, to="revoke a standing authority")
    grant = (
        StandingAuthority.objects.select_for_update()
        .filter(tenant_id=scope.tenant_id, id=authority_id, revoked_at=None)
        .first()
    )
    if grant is None:
        raise NotFound("There is no such standing authority, or it was revoked already.")
    grant.revoked_at, grant.revoked_because = at, reason.strip()
    grant.save(update_fields=["revoked_at", "revoked_because"])
    ledger.append(
        scope=scope,
        at=at,
        event_type="authority",
        action={
            "name": "amendments.revoke_authority",
            "subject": grant.granted_by,
            "authority_id": str(grant.id),
            "reason": reason,
        },
        explanation=f"The standing authority granted by {grant.granted_by} was revoked.",
    )
    return grant


@governed("amendments.set_quorum")
def set_quorum(
    *, scope: Scope, type: AmendmentType, effect: Effect | None, role: Role, count: int, at: datetime
) -> Quorum:
    """Ask for at least `count` people of a role. Open questions of the tenant become stale: the policy version moved."""
    scope.demand(Capability.MANAGE_PEOPLE, to="set a quorum")
    if not 1 <= count <= 9:
        raise BadGrant("A quorum is between 1 and 9 people.")
    row, _ = Quorum.objects.update_or_create(
        tenant_id=scope.tenant_id,
        amendment_type=type.value,
        effect=effect.value if effect else None,
        role=role.value,
        defaults={"count": count},
        create_defaults={"id": new_id(at), "count": count},
    )
    _record_quorum(scope=scope, row=row, said=f"now needs {count} of {role.label}", verb="amendments.set_quorum", at=at)
    return row


@governed("amendments.remove_quorum", subject="quorum_id")
def remove_quorum(*, scope: Scope, quorum_id: UUID, at: datetime) -> None:
    """Go back to the seeds' own requirement. Raises `NotAllowed`, `NotFound`."""
    scope.demand(Capability.MANAGE_PEOPLE, to="remove a quorum")
    row = Quorum.objects.select_for_update().filter(tenant_id=scope.tenant_id, id=quorum_id).first()
    if row is None:
        raise NotFound("There is no such quorum.")
    row.delete()
    _record_quorum(
        scope=scope, row=row, said="has no quorum of its own any more", verb="amendments.remove_quorum", at=at
    )


def _record_quorum(*, scope: Scope, row: Quorum, said: str, verb: str, at: datetime) -> None:
    """What every change of a quorum ends with: those whose approvals it made void are told, then the entry."""
    tell.rules_moved(scope=scope, policy=policy_version(tenant_quorums(scope=scope)), at=at)
    kind = AmendmentType(row.amendment_type).label
    ledger.append(
        scope=scope,
        at=at,
        event_type="authority",
        action={"name": verb, "subject": kind, "effect": row.effect, "role": row.role, "count": row.count},
        explanation=f"{kind} {said}.",
    )


def _check_grant(
    *, pointers: Mapping[str, float | None], max_per_week: int, expires_at: datetime, reason: str, at: datetime
) -> None:
    if not pointers or not all(is_pointer(pointer) and pointer for pointer in pointers):
        raise BadGrant("Name the fields TARS may move, as JSON pointers such as /routing_confidence_threshold.")
    if any(step is not None and not step > 0 for step in pointers.values()):
        raise BadGrant("The largest step of a field is a number above zero.")
    if expires_at <= at:
        raise BadGrant("A standing authority must end in the future.")
    if max_per_week < 1:
        raise BadGrant("Allow at least one promotion a week, or grant nothing.")
    if not reason.strip():
        raise BadGrant("Say why TARS may do this alone: the reason stands on the ledger.")
