"""Tokens with which a system speaks for itself."""

from __future__ import annotations

from collections.abc import Iterator

from django.db.models.functions import Now

from governance.registry.impact import MOST, Thing, Touched
from governance.registry.models import System
from governance.scope import Scope
from governance.tokens.models import ApiToken


def found(scope: Scope, system: System) -> Iterator[Touched]:
    """Tokens in force; one query. Registered with the registry."""
    rows = ApiToken.objects.filter(tenant_id=scope.tenant_id, system=system, revoked_at=None, expires_at__gt=Now())
    things = tuple(Thing(str(row)) for row in rows.order_by("name", "id")[:MOST])
    yield Touched(
        "tokens", "Tokens it holds", "They work until it is archived; then they are refused.", things, len(things)
    )
