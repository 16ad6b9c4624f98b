from __future__ import annotations

import secrets
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from governance.errors import DomainError, Invalid, NotAllowed, NotFound
from governance.ids import new_id
from governance.ledger import actions as ledger
from governance.ledger.verbs import governed
from governance.registry.models import Status, System
from governance.scope import AGENT_CAPABILITIES, ActorKind, Capability, Scope
from governance.tenancy import in_tenant
from governance.tokens.models import ApiToken
from governance.tokens.queries import BadToken, Bearer, bearer_of, grantable, hash_of, tenant_of
from governance.tokens.rates import Window, count_request

MOST_DAYS: Final = 365
_NOTED_EVERY: Final = timedelta(minutes=1)


class BadWish(Invalid):
    """The token asked for has no name, no end within a year, or holds what it may not."""

    code = "bad_token_wish"


class AlreadyRevoked(DomainError):
    """The token was revoked before."""

    code = "already_revoked"


@dataclass(frozen=True, slots=True)
class Issued:
    """A new token. `secret` exists here and nowhere else: it is shown once."""

    token: ApiToken
    secret: str


@governed("tokens.issue_token", subject="name")
def issue_token(
    *, scope: Scope, name: str, scopes: Iterable[Capability], days: int, at: datetime, system_name: str = ""
) -> Issued:
    """Issue a token for oneself, or for a system, that ends after `days`.

    It holds at most what its person can do; of a system at most `AGENT_CAPABILITIES` as well, and its issuer answers for it.
    Raises `NotAllowed`, `NotFound`, `BadWish`.
    """
    person_id = scope.person_id
    if scope.grants is not None:
        raise NotAllowed("A token cannot issue tokens. Sign in to issue one.")
    if scope.is_visit:
        raise NotAllowed("A visit issues no tokens. A member of the tenant can.")
    system = _system(scope=scope, name=system_name) if system_name else None
    held = _held(scope=scope, scopes=scopes, is_agent=system is not None)
    if not (said := name.strip()) or len(said) > 80:
        raise BadWish("Give the token a name of 1 to 80 letters.", problems=(("/name", "is empty or too long"),))
    if not 1 <= days <= MOST_DAYS:
        raise BadWish(f"A token ends after 1 to {MOST_DAYS} days.", problems=(("/days", "is out of range"),))
    prefix = f"tars_{secrets.token_hex(4)}"
    secret = f"{prefix}_{secrets.token_urlsafe(32)}"
    token = ApiToken.objects.create(
        id=new_id(at),
        tenant_id=scope.tenant_id,
        name=said,
        prefix=prefix,
        secret_hash=hash_of(secret),
        user_id=None if system else person_id,
        system=system,
        scopes=held,
        created_by=scope.actor.name,
        created_by_id=person_id,
        created_at=at,
        expires_at=at + timedelta(days=days),
    )
    holder = system.name if system else scope.actor.name
    _record(
        scope=scope,
        token=token,
        verb="tokens.issue_token",
        said=f"{token.name} ({prefix}) was issued for {holder}: {', '.join(held)}, until {token.expires_at:%d %B %Y}.",
        details={"holder": holder, "scopes": held, "expires_at": token.expires_at.isoformat()},
        at=at,
    )
    return Issued(token=token, secret=secret)


@governed("tokens.revoke_token", subject="token_id")
def revoke_token(*, scope: Scope, token_id: UUID, because: str, at: datetime) -> ApiToken:
    """End a token now: one's own, a system's with `MANAGE_PROGRAMS`, somebody else's with `MANAGE_PEOPLE`.

    Raises `NotAllowed`, `NotFound`, `AlreadyRevoked`.
    """
    rows = ApiToken.objects.select_for_update(of=("self",)).filter(tenant_id=scope.tenant_id, id=token_id)
    token = rows.first()
    if token is None:
        raise NotFound("There is no such token.")
    if token.user_id is None:
        scope.demand(Capability.MANAGE_PROGRAMS, to="revoke a system's token")
    elif scope.actor.kind is not ActorKind.PERSON or token.user_id != scope.person_id:
        scope.demand(Capability.MANAGE_PEOPLE, to="revoke somebody else's token")
    if token.revoked_at is not None:
        raise AlreadyRevoked(f"{token.name} was revoked before. There is nothing left to do.")
    token.revoked_at, token.revoked_because = at, because.strip()
    token.save(update_fields=["revoked_at", "revoked_because"])
    _record(
        scope=scope,
        token=token,
        verb="tokens.revoke_token",
        said=f"{token.name} ({token.prefix}) was revoked{': ' if because.strip() else '.'}{because.strip()}",
        details={"reason": because.strip()},
        at=at,
    )
    return token


def admit(*, secret: str, limit: int, at: datetime) -> tuple[Bearer, Window]:
    """Whom the token speaks for, with this request counted and its use noted (once a minute). Raises `BadToken`."""
    tenant_id = tenant_of(secret)
    if tenant_id is None:
        raise BadToken("This token is not known here, or its tenant is closed. Issue a new one under Tokens.")
    with in_tenant(tenant_id):
        bearer = bearer_of(tenant_id=tenant_id, secret=secret, at=at)
        if bearer.last_used_at is None or bearer.last_used_at <= at - _NOTED_EVERY:
            ApiToken.objects.filter(tenant_id=tenant_id, id=bearer.token_id).update(last_used_at=at)
        caller = f"token:{bearer.token_id}"
        return bearer, count_request(tenant_id=tenant_id, caller=caller, limit=limit, at=at)


def _system(*, scope: Scope, name: str) -> System:
    scope.demand(Capability.MANAGE_PROGRAMS, to="issue a token for a system")
    system = None if "\x00" in name else System.objects.filter(tenant_id=scope.tenant_id, name=name).first()
    if system is None:
        raise NotFound("There is no such system. Register it first.")
    if system.status == Status.ARCHIVED:
        raise BadWish(
            f"{system.name} is archived, so no token of it would work.", problems=(("/system", "is archived"),)
        )
    return system


def _held(*, scope: Scope, scopes: Iterable[Capability], is_agent: bool) -> list[str]:
    wanted = set(scopes)
    if not wanted:
        raise BadWish("Choose what the token may do.", problems=(("/scopes", "is empty"),))
    if is_agent and (beyond := sorted(wanted - AGENT_CAPABILITIES)):
        raise BadWish(
            f"A system's token never holds {beyond[0]}. It may hold {', '.join(sorted(AGENT_CAPABILITIES))}.",
            problems=(("/scopes", f"{beyond[0]} is for people"),),
        )
    if missing := sorted(wanted - set(grantable(scope=scope))):
        raise NotAllowed(f"You cannot do {missing[0]} yourself, so no token of yours can.")
    return sorted(wanted)


def _record(*, scope: Scope, token: ApiToken, verb: str, said: str, details: dict[str, object], at: datetime) -> None:
    action = {"name": verb, "subject": token.name, "token_id": str(token.id), "prefix": token.prefix, **details}
    ledger.append(scope=scope, at=at, event_type="access", action=action, explanation=said)
