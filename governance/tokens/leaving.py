"""Who leaves takes their programs along: their tokens end, and so do those of systems that they answer for."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from django.db.models import QuerySet

from governance.identity import leaving
from governance.identity.models import User
from governance.scope import Role, Scope
from governance.tokens.models import ApiToken


def register() -> None:
    """Tell `identity` what leaving means for tokens."""
    leaving.register("tokens", _Tokens())


class _Tokens:
    """The part of `tokens` in a departure."""

    def preview(self, *, scope: Scope, user: User, roles: frozenset[Role], at: datetime) -> Sequence[str]:
        return [f"{_said(token)} ends, and whatever uses it is refused." for token in _live(scope, user, at)]

    def leave(self, *, scope: Scope, user: User, roles: frozenset[Role], at: datetime) -> Sequence[str]:
        rows = _live(scope, user, at)
        ended = [f"{_said(token)} ended" for token in rows]
        rows.update(revoked_at=at, revoked_because=f"{user.email} left.")
        return ended


def _live(scope: Scope, user: User, at: datetime) -> QuerySet[ApiToken]:
    """Tokens that a person issued, for themselves or a system, and that still work."""
    rows = ApiToken.objects.filter(tenant_id=scope.tenant_id, created_by_id=user.id, revoked_at=None)
    return rows.filter(expires_at__gt=at).select_related("system").defer("system__constitution").order_by("id")


def _said(token: ApiToken) -> str:
    return f"The token {token.name}{f' of {token.system.name}' if token.system else ''}"
