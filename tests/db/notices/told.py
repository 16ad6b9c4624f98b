"""What the people of a cast were told."""

from __future__ import annotations

from governance.notices.models import Notice
from governance.scope import Scope
from governance.tenancy import in_tenant
from tests import factories as make


def told(scope: Scope) -> list[tuple[str, str]]:
    """One person's notices as (kind, sentence), by time, then kind: ids of one moment have no order."""
    with in_tenant(scope.tenant_id):
        rows = Notice.objects.filter(tenant_id=scope.tenant_id, user_id=scope.actor.user_id).order_by(
            "at", "kind", "key"
        )
        return [(row.kind, row.sentence) for row in rows]


def kinds(scope: Scope) -> list[str]:
    return [kind for kind, _ in told(scope)]


def everybody(cast: make.Cast) -> dict[str, list[str]]:
    """The kinds that each of the cast was told, without those who were told nothing."""
    found = {name: kinds(getattr(cast, name)) for name in make.ROLES}
    return {name: list_ for name, list_ in found.items() if list_}
