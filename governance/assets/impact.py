"""Shared assets that name a system: it owns them, is a party of them, or gave a mandate on them that is in force."""

from __future__ import annotations

from collections.abc import Iterator

from django.db.models import Q
from django.db.models.functions import Now
from django.urls import reverse

from governance.assets.models import Asset
from governance.registry.impact import MOST, Thing, Touched
from governance.registry.models import System
from governance.scope import Scope


def found(scope: Scope, system: System) -> Iterator[Touched]:
    """Assets in use; one query. Registered with the registry."""
    given = Q(mandates__authority=system.name, mandates__revoked_at=None, mandates__expires_at__gt=Now())
    rows = Asset.objects.filter(tenant_id=scope.tenant_id, retired_at=None)
    rows = rows.filter(Q(owner=system.name) | Q(parties__contains=[system.name]) | given).distinct().order_by("name")
    things = tuple(
        Thing(row.name, reverse("assets:detail", args=[row.name]), _how(row, system.name)) for row in rows[:MOST]
    )
    said = "Its share, its consent and its mandates stay until somebody changes the asset."
    yield Touched("assets", "Shared assets", said, things, len(things))


def _how(row: Asset, name: str) -> str:
    if row.owner == name:
        return "owner"
    return "party" if name in row.parties else "gave a mandate"
