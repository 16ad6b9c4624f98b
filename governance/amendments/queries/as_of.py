"""Who could approve at a moment: people and quorums read back from the ledger, deputies and grants from their rows."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from governance.amendments.models import StandingAuthority
from governance.audit import queries as audit
from governance.audit.entries import explained_entry
from governance.audit.filters import Filters
from governance.identity.models import Deputy
from governance.scope import CAPABILITIES, ROLE_LABELS, Capability, Role, Scope

TEMPLATE: Final = "governance/amendments/_as_of.html"
MOST: Final = 5_000
"""Entries that are read back; a tenant with more moves of people than that is told so."""
_SEATS: Final = frozenset(
    {
        "identity.add_member",
        "identity.set_roles",
        "identity.remove_member",
        "identity.accept_invitation",
        "identity.leave",
    }
)


@dataclass(frozen=True, slots=True)
class Approvers:
    """Who could approve: roles with the people who held them, then what narrowed or widened that."""

    on: datetime
    roles: tuple[tuple[str, tuple[str, ...]], ...]
    deputies: tuple[str, ...]
    quorums: tuple[str, ...]
    grants: tuple[str, ...]
    is_cut: bool


def approvers(scope: Scope, on: datetime) -> Approvers:
    """Who could approve amendments at a moment, as far as it is kept."""
    seats: dict[str, list[str]] = {}
    people = list(_acts(scope, "access", on))
    for action in people:
        if action.get("name") in _SEATS and isinstance(action.get("roles"), list):
            seats[str(action.get("subject"))] = action["roles"]
    deciding = [role for role in Role if Capability.DECIDE in CAPABILITIES[role]]
    return Approvers(
        on=on,
        roles=tuple(
            (ROLE_LABELS[role], tuple(sorted(name for name, roles in seats.items() if role.value in roles)))
            for role in deciding
        ),
        deputies=tuple(_deputies(scope, on)),
        quorums=tuple(_quorums(scope, on)),
        grants=tuple(_grants(scope, on)),
        is_cut=len(people) == MOST,
    )


def _acts(scope: Scope, event_type: str, on: datetime) -> Iterator[dict[str, Any]]:
    """What entries of a kind did up to a moment, in the order of the chain."""
    rows = audit.matching(scope=scope, filters=Filters(event_type=event_type)).filter(at__lte=on)
    for row in rows.order_by("sequence")[:MOST]:
        yield explained_entry(row).document.get("content", {}).get("action", {})


def _deputies(scope: Scope, on: datetime) -> Iterator[str]:
    rows = Deputy.objects.filter(tenant_id=scope.tenant_id, starts_at__lte=on, ends_at__gt=on)
    for row in rows.select_related("principal", "deputy").order_by("id"):
        yield f"{row.deputy.email} for {row.principal.email} as {ROLE_LABELS[Role(row.role)]}"


def _quorums(scope: Scope, on: datetime) -> Iterator[str]:
    held: dict[tuple[str, str, str], int] = {}
    for action in _acts(scope, "authority", on):
        key = (str(action.get("subject")), str(action.get("effect") or "any effect"), str(action.get("role")))
        if action.get("name") == "amendments.set_quorum":
            held[key] = int(action.get("count", 1))
        elif action.get("name") == "amendments.remove_quorum":
            held.pop(key, None)
    for (kind, effect, role), count in sorted(held.items()):
        yield f"{kind}, {effect}: {count} of {ROLE_LABELS[Role(role)]}"


def _grants(scope: Scope, on: datetime) -> Iterator[str]:
    rows = StandingAuthority.objects.filter(tenant_id=scope.tenant_id, granted_at__lte=on, expires_at__gt=on)
    for row in rows.order_by("granted_at"):
        if row.revoked_at is None or row.revoked_at > on:
            yield f"TARS alone for {', '.join(row.pointers)}, granted by {row.granted_by}"
