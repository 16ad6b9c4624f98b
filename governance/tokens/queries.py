from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from django.db import connection
from django.db.models import Q, QuerySet

from governance.errors import DomainError, NotFound
from governance.identity.models import User
from governance.identity.queries import actor_of
from governance.registry.models import Status, System
from governance.scope import AGENT_CAPABILITIES, Actor, ActorKind, Capability, Role, Scope, agent_name
from governance.tenancy import in_tenant
from governance.tokens.models import ApiToken

# Every request with a token begins with this, so it is not put together anew each time.
_LOOK_UP: Final = """
SELECT u.*, k.id AS token_id, k.expires_at, k.revoked_at, k.last_used_at, k.system_id, s.name AS system_name,
  s.status AS system_status, m.roles, ARRAY(SELECT jsonb_array_elements_text(k.scopes)) AS scopes
FROM api_tokens k
JOIN users u ON u.id = COALESCE(k.user_id, k.created_by_id)
LEFT JOIN systems s ON s.tenant_id = k.tenant_id AND s.id = k.system_id
LEFT JOIN memberships m ON m.tenant_id = k.tenant_id AND m.user_id = u.id AND m.ended_at IS NULL AND u.is_active
WHERE k.tenant_id = %s AND k.secret_hash = %s
"""


class BadToken(DomainError):
    """The token is unknown, has expired, was revoked, or its person or system is no longer here."""

    code = "bad_token"
    status = 401


@dataclass(frozen=True, slots=True)
class Program:
    """Stands in `request.user` for a system that acts with a token."""

    name: str
    pk: UUID
    is_authenticated: bool = True
    is_anonymous: bool = False
    is_active: bool = True

    def __str__(self) -> str:
        return self.name


@dataclass(frozen=True, slots=True)
class Bearer:
    """Whom a token speaks for. `user` is the person, or a `Program` for a system."""

    scope: Scope
    token_id: UUID
    user: User | Program
    last_used_at: datetime | None


@dataclass(frozen=True, slots=True)
class TokenLine:
    """A token in a list. `state` is live, expired or revoked."""

    id: UUID
    name: str
    prefix: str
    holder: str
    is_of_system: bool
    is_mine: bool
    scopes: tuple[str, ...]
    state: str
    created_by: str
    created_at: datetime
    expires_at: datetime
    last_used_at: datetime | None
    revoked_at: datetime | None
    revoked_because: str
    may_revoke: bool


def scope_of_token(secret: str, at: datetime) -> Scope:
    """The scope a token gives at `at`: never more than its holder has today. Raises `BadToken`, which says what to do."""
    tenant_id = tenant_of(secret)
    if tenant_id is None:
        raise BadToken("This token is not known here, or its tenant is closed. Issue a new one under Tokens.")
    with in_tenant(tenant_id):
        return bearer_of(tenant_id=tenant_id, secret=secret, at=at).scope


def tenant_of(secret: str) -> UUID | None:
    """The open tenant in which a token was issued; the only look-up that comes before a tenant is known."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT tars_token_tenant(%s)", [hash_of(secret)])
        row = cursor.fetchone()
    return row[0] if row else None


def hash_of(secret: str) -> bytes:
    """What is stored of a secret. It has 256 random bits, so one round is enough."""
    return hashlib.sha256(secret.encode()).digest()


def bearer_of(*, tenant_id: UUID, secret: str, at: datetime) -> Bearer:
    """Whom a token of this tenant speaks for, inside the tenant's transaction; raises `BadToken`."""
    return _bearer(_found(tenant_id, secret), tenant_id=tenant_id, at=at)


def tokens(*, scope: Scope) -> QuerySet[ApiToken]:
    """The tokens this actor may see, newest first: their own, and all with `MANAGE_PROGRAMS` or `MANAGE_PEOPLE`."""
    rows = ApiToken.objects.filter(tenant_id=scope.tenant_id)
    seen = Q(user_id=scope.actor.user_id)
    if scope.can(Capability.MANAGE_PROGRAMS):
        seen |= Q(user_id=None)
    if scope.can(Capability.MANAGE_PEOPLE):
        seen |= Q(user_id__isnull=False)
    rows = rows.filter(seen).select_related("user", "system")
    return rows.defer("system__constitution", "system__capabilities_embedding").order_by("-id")


def token(*, scope: Scope, token_id: UUID) -> ApiToken:
    """One of the tokens that this actor may see; raises `NotFound`."""
    found = tokens(scope=scope).filter(id=token_id).first()
    if found is None:
        raise NotFound("There is no such token.")
    return found


def speakable(*, scope: Scope) -> tuple[str, ...]:
    """The systems for which this actor may issue tokens."""
    if not scope.can(Capability.MANAGE_PROGRAMS):
        return ()
    rows = System.objects.filter(tenant_id=scope.tenant_id).exclude(status=Status.ARCHIVED)
    return tuple(rows.order_by("name").values_list("name", flat=True))


def line_of(token: ApiToken, *, scope: Scope, at: datetime) -> TokenLine:
    """One row of `tokens`."""
    is_mine = token.user_id is not None and token.user_id == scope.actor.user_id
    manages = Capability.MANAGE_PROGRAMS if token.user_id is None else Capability.MANAGE_PEOPLE
    state = "revoked" if token.revoked_at else "live" if token.expires_at > at else "expired"
    return TokenLine(
        id=token.id,
        name=token.name,
        prefix=token.prefix,
        holder=token.system.name if token.system else token.user.email if token.user else "",
        is_of_system=token.user_id is None,
        is_mine=is_mine,
        scopes=tuple(token.scopes),
        state=state,
        created_by=token.created_by,
        created_at=token.created_at,
        expires_at=token.expires_at,
        last_used_at=token.last_used_at,
        revoked_at=token.revoked_at,
        revoked_because=token.revoked_because,
        may_revoke=state == "live" and (is_mine or scope.can(manages)),
    )


def grantable(*, scope: Scope) -> tuple[Capability, ...]:
    """What this actor may put into a token of their own."""
    user = User.objects.filter(id=scope.person_id).first()
    return tuple(one for one in Capability if scope.can(one) or _is_staffs(one, user))


def _is_staffs(capability: Capability, user: User | None) -> bool:
    """Managing tenants from outside follows from no role: platform staff may put it into tokens of their own."""
    return capability is Capability.MANAGE_TENANT and user is not None and user.is_platform_staff


def _found(tenant_id: UUID, secret: str) -> Any:
    """The token's person (of a system's token its sponsor) with the token and the roles that the person holds today."""
    found = next(iter(User.objects.raw(_LOOK_UP, [tenant_id, hash_of(secret)])), None)
    if found is None:
        raise BadToken("This token is not known here. Issue a new one under Tokens.")
    return found


def _bearer(user: Any, *, tenant_id: UUID, at: datetime) -> Bearer:
    if user.revoked_at is not None:
        raise BadToken("This token was revoked. Issue a new one under Tokens.")
    if user.expires_at <= at:
        raise BadToken(f"This token ended on {user.expires_at:%d %B %Y}. Issue a new one under Tokens.")
    if user.roles is None:
        who = "The person who answers for this token" if user.system_id else "The person of this token"
        raise BadToken(f"{who} is no longer a member here. Somebody who is can issue another.")
    person = Scope(tenant_id, actor_of(user), frozenset(Role(role) for role in user.roles))
    held = frozenset(one for one in map(Capability, user.scopes) if person.can(one) or _is_staffs(one, user))
    if user.system_id is None:
        return Bearer(replace(person, grants=held), user.token_id, user, user.last_used_at)
    if user.system_status == Status.ARCHIVED:
        raise BadToken(f"{user.system_name} is archived, so its tokens are refused.")
    actor = Actor(ActorKind.SYSTEM, agent_name(user.system_name), user.system_id, sponsor_id=user.pk)
    scope = Scope(tenant_id, actor, grants=held & AGENT_CAPABILITIES)
    return Bearer(scope, user.token_id, Program(actor.name, user.system_id), user.last_used_at)
