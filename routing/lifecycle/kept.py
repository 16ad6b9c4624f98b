"""How many bytes a tenant's archive files take, for the storage budget: a sum over its files, which are few."""

from __future__ import annotations

from uuid import UUID

from django.db.models import Sum

from routing.lifecycle.models import Archive


def count(tenant_id: UUID) -> int:
    """The bytes of the files that are in the store. Inside the tenant's transaction."""
    rows = Archive.objects.filter(tenant_id=tenant_id, destroyed_at=None)
    return int(rows.aggregate(sum=Sum("bytes"))["sum"] or 0)
