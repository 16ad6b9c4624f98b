"""What one call of a system may cost at most, as its connector declares: the pages of money show it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from uuid import UUID

from routing.connectors.models import Connector


def maximums(tenant_id: UUID, system_ids: Iterable[UUID]) -> Mapping[UUID, Mapping[str, str]]:
    """By system and type, as decimal text. Inside the tenant's transaction; one query."""
    rows = Connector.objects.filter(tenant_id=tenant_id, system_id__in=list(system_ids))
    return dict(rows.values_list("system_id", "maximums"))
