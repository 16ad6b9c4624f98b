"""Who acts on tenants from outside: platform staff in a session or with a token that says so, or a person at the machine."""

from __future__ import annotations

import getpass
from dataclasses import dataclass
from uuid import UUID

from django.http import Http404, HttpRequest

from governance.errors import NotAllowed
from governance.identity.models import User
from governance.identity.queries import actor_of
from governance.scope import Actor, ActorKind, Capability, Scope


@dataclass(frozen=True, slots=True)
class Steward:
    """Made only by `steward_of` and `operator`, which have checked."""

    actor: Actor

    def scope(self, tenant_id: UUID) -> Scope:
        """The steward inside one tenant."""
        return Scope(tenant_id=tenant_id, actor=self.actor, is_visit=self.actor.kind is ActorKind.PERSON)


def steward_of(request: HttpRequest) -> Steward:
    """The staff person who asks; raises `Http404` for everybody else and `NotAllowed` for a token without the scope."""
    user = request.user
    if not (isinstance(user, User) and user.is_active and user.is_platform_staff):
        raise Http404
    scope: Scope | None = getattr(request, "scope", None)
    if scope is not None and (scope.actor.kind is not ActorKind.PERSON or scope.actor.user_id != user.id):
        raise Http404
    if scope is not None and scope.grants is not None and Capability.MANAGE_TENANT not in scope.grants:
        raise NotAllowed(
            "This token does not hold manage_tenant, which it takes to manage tenants. Issue one that does."
        )
    return Steward(actor_of(user))


def operator() -> Steward:
    """The person at this machine, who holds the database's password anyway."""
    return Steward(Actor(kind=ActorKind.TARS, name=f"operator of this machine ({getpass.getuser()})"))
