"""The same cast everywhere, made through the verbs, so that everything has its history.

Ada: compliance officer. Bo: operator. Cy: a second operator. Uma: auditor. Tess: tenant admin. Sam: security. Mel: a member
without a desk. Mallory: an officer and operator of another tenant.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from typing import Any
from uuid import UUID

from django.contrib.auth.hashers import make_password
from django.utils import timezone

from governance.amendments import actions as amendments
from governance.amendments.kinds import AmendmentType, Basis
from governance.amendments.models import AmendmentProposal, ProposalRevision
from governance.identity.actions import add_member
from governance.identity.actions.common import named, said_roles
from governance.identity.confirm import Confirmation
from governance.identity.models import Membership, User
from governance.identity.queries import actor_of, scope_for
from governance.ids import new_id
from governance.ledger import actions as ledger
from governance.registry import impact
from governance.registry.actions import change_status, register_system
from governance.registry.models import Status, System, SystemType
from governance.scope import Role, Scope, tars_scope
from governance.tenancy import in_tenant
from governance.tenants.actions import open_tenant
from governance.tenants.models import Tenant, Tier

# A recent morning: what is proposed then has not expired when a page decides on it today.
AT = datetime.combine(datetime.now(UTC).date() - timedelta(days=18), time(9), UTC)
PASSWORD = "correct horse battery staple"
_serial = itertools.count()
opened: list[UUID] = []
"""Tenants of the test that runs."""

CLAY: dict[str, Any] = {
    "skill": "clay-consigliere",
    "version": "1.0.0",
    "persona_id": "18895da3",
    "routing_confidence_threshold": 0.7,
    "fallback_delay_ms": 500,
    "capabilities": ["payroll", "compliance", "pdf-processing"],
    "requires_approval": ["upload_payroll_entries", "audit"],
    "prime_directives": ["MVP Protocol (80/20)", "Compliance Sovereign", "Local Sovereignty"],
    "tunable": {
        "/routing_confidence_threshold": {"min": 0.5, "max": 0.9},
        "/fallback_delay_ms": {"min": 100, "max": 1000},
    },
    "protected": ["/requires_approval"],
}


@dataclass
class Cast:
    """A tenant with its people (as scopes) and one system."""

    tenant: Tenant
    tars: Scope
    ada: Scope
    bo: Scope
    cy: Scope
    uma: Scope
    tess: Scope
    sam: Scope
    mel: Scope
    users: dict[str, User]
    system: System


ROLES = {
    "ada": [Role.COMPLIANCE],
    "bo": [Role.OPERATOR],
    "cy": [Role.OPERATOR],
    "uma": [Role.AUDITOR],
    "tess": [Role.ADMIN],
    "sam": [Role.SECURITY],
    "mel": [Role.MEMBER],
}


def user(name: str) -> User:
    return User.objects.create_user(email=_address(name), password=PASSWORD, name=name.title())


def _address(name: str) -> str:
    return f"{name}{next(_serial)}-{id(_serial)}@example.org"


def tenant(*, name: str = "OMS Consulting", max_users: int = 20) -> Tenant:
    made = open_tenant(name=name, domain=None, tier=Tier.PRO, max_users=max_users, at=AT)
    opened.append(made.id)
    return made


def close_tenants() -> None:
    """So that what goes round all open tenants does not visit those of every test before."""
    for id in opened:
        with in_tenant(id):
            Tenant.objects.filter(id=id, is_active=True).update(is_active=False)


def seated(*, tenant: Tenant, name: str, roles: list[Role]) -> tuple[User, Scope]:
    person = user(name)
    add_member(scope=tars_scope(tenant.id), user=person, roles=roles, at=AT)
    scope = scope_for(user=person, tenant_id=tenant.id)
    assert scope is not None
    return person, scope


def seated_together(*, tenant: Tenant, roles: dict[str, list[Role]]) -> dict[str, tuple[User, Scope]]:
    """What `seated` makes one after another, row for row, in two transactions: most tests begin so, thousands of times.

    `tests/db/identity/test_factories.py` compares the two.
    """
    # In order, as people who are made one after another are.
    ids = sorted(new_id(timezone.now()) for _ in roles)
    users = [
        User(id=id, email=_address(name), name=name.title(), password=make_password(PASSWORD))
        for id, name in zip(ids, roles, strict=True)
    ]
    User.objects.bulk_create(users)
    people = dict(zip(roles, users, strict=True))
    with in_tenant(tenant.id, durable=True):
        Membership.objects.bulk_create(
            Membership(id=new_id(AT), tenant_id=tenant.id, user=person, roles=named(roles[name]), created_at=AT)
            for name, person in people.items()
        )
        for name, person in people.items():
            _record_seat(tenant=tenant, person=person, roles=roles[name])
    return {
        name: (person, Scope(tenant_id=tenant.id, actor=actor_of(person), roles=frozenset(roles[name])))
        for name, person in people.items()
    }


def _record_seat(*, tenant: Tenant, person: User, roles: list[Role]) -> None:
    names = named(roles)
    action = {"name": "identity.add_member", "subject": person.email, "user_id": str(person.id), "roles": names}
    said = f"{person.email} joined as {said_roles(names)}."
    ledger.append(scope=tars_scope(tenant.id), at=AT, event_type="access", action=action, explanation=said)


def cast(*, constitution: dict[str, Any] | None = None) -> Cast:
    home = tenant()
    people = seated_together(tenant=home, roles=ROLES)
    scopes = {name: scope for name, (_, scope) in people.items()}
    system = register_system(
        scope=scopes["bo"],
        name="clay-consigliere",
        type=SystemType.AGENT,
        constitution=constitution or CLAY,
        description="Routes requests to the specialist that can do them.",
        at=AT,
    )
    users = {name: person for name, (person, _) in people.items()}
    return Cast(tenant=home, tars=tars_scope(home.id), users=users, system=system, **scopes)


def stranger() -> Scope:
    _, scope = seated(
        tenant=tenant(name="Other Ltd"),
        name="mallory",
        roles=[Role.COMPLIANCE, Role.OPERATOR, Role.SECURITY, Role.ADMIN],
    )
    return scope


def confirmed(scope: Scope, *, at: datetime) -> Confirmation:
    """As after typing the password; `tests/db/identity` tests the real step."""
    assert scope.actor.user_id is not None
    return Confirmation(user_id=scope.actor.user_id, method="password", at=at)


def later(minutes: float = 1) -> datetime:
    return AT + timedelta(minutes=minutes)


def changed(constitution: dict[str, Any], **fields: Any) -> dict[str, Any]:
    return {**constitution, **fields}


def constitution_of(scope: Scope, *, name: str = "clay-consigliere") -> dict[str, Any]:
    with in_tenant(scope.tenant_id):
        return System.objects.get(tenant_id=scope.tenant_id, name=name).constitution


def status(scope: Scope, name: str, status: Status, *, at: datetime = AT) -> None:
    """The system has this status from now on, by somebody who has looked at what hangs on it."""
    with in_tenant(scope.tenant_id):
        seen = impact.of(scope=scope, system=System.objects.get(tenant_id=scope.tenant_id, name=name)).digest
    change_status(scope=scope, system_name=name, status=status, reason="It is time.", seen=seen, at=at)


def digest_of(scope: Scope, proposal: AmendmentProposal) -> str:
    with in_tenant(scope.tenant_id):
        current = AmendmentProposal.objects.get(id=proposal.id)
        return ProposalRevision.objects.get(proposal_id=proposal.id, number=current.revision).digest


def state_of(scope: Scope, proposal: AmendmentProposal) -> str:
    with in_tenant(scope.tenant_id):
        return AmendmentProposal.objects.get(id=proposal.id).state


EVIDENCE = {
    AmendmentType.MANUAL_UPDATE: {"reason": "Operator recognised the pattern", "jira_ticket": "OMS-1234"},
    AmendmentType.GOVERNANCE_TIGHTENING: {
        "reason": "New GDPR requirement: all deletions require explicit approval",
        "gov_md_section": "7.3",
        "effective_date": "2026-02-01",
    },
    AmendmentType.CAPABILITY_EXPANSION: {
        "reason": "Added PersonaPlex 7B integration",
        "deployment_date": "2026-01-28",
        "testing_status": "passed",
    },
    AmendmentType.DREAM_PROMOTION: {"dream_id": "dream-1", "test_runs": 50, "success_rate": 0.96},
}


def proposed(
    cast: Cast,
    *,
    by: Scope | None = None,
    type: AmendmentType = AmendmentType.MANUAL_UPDATE,
    basis: Basis = Basis.ORDINARY,
    at: datetime = AT,
    evidence: dict[str, Any] | None = None,
    is_draft: bool = False,
    effective_at: datetime | None = None,
    attachments: Sequence[UUID] = (),
    **fields: Any,
) -> AmendmentProposal:
    """A proposal by Bo (unless told otherwise) on today's constitution with these fields set."""
    scope = by or cast.bo
    return amendments.propose(
        scope=scope,
        system_name=cast.system.name,
        type=type,
        basis=basis,
        constitution=changed(constitution_of(cast.bo), **(fields or {"fallback_delay_ms": 200})),
        evidence=EVIDENCE[type] if evidence is None else evidence,
        is_draft=is_draft,
        effective_at=effective_at,
        attachments=attachments,
        at=at,
    )


def approve(scope: Scope, proposal: AmendmentProposal, *, at: datetime = AT, **options: Any) -> AmendmentProposal:
    """An approval; with `override=True` by breaking the glass, which wants a `note`."""
    if options.pop("override", False):
        verb, options = amendments.break_glass, {"note": "", **options}
    else:
        verb = amendments.approve
    return verb(
        scope=scope,
        number=proposal.number,
        digest=options.pop("digest", None) or digest_of(scope, proposal),
        confirmation=confirmed(scope, at=at),
        at=at,
        **options,
    )


def applied(cast: Cast, *, at: datetime = AT, **fields: Any) -> AmendmentProposal:
    """An ordinary neutral change, proposed by Bo and approved by Cy."""
    return approve(cast.cy, proposed(cast, at=at, **fields), at=at)


def rolled_back(
    scope: Scope, proposal: AmendmentProposal, *, at: datetime = AT, reason: str = "It made things worse."
) -> Any:
    from governance.amendments.queries import roll_back_preview

    with in_tenant(scope.tenant_id):
        preview = roll_back_preview(scope=scope, number=proposal.number, at=at)
    return amendments.roll_back(
        scope=scope,
        number=proposal.number,
        digest=preview.digest,
        reason=reason,
        confirmation=confirmed(scope, at=at),
        at=at,
    )
