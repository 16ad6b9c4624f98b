"""What a system can do, as a vector beside it: which are stale, and the one place that writes it (the router makes it)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from django.db.models import F, Q

from governance.registry.models import Lifecycle, Status, System


@dataclass(frozen=True, slots=True)
class Stale:
    """A system whose vector is missing, of another model or of an earlier version or description."""

    id: UUID
    name: str
    description: str
    capabilities: tuple[str, ...]
    version: int


def stale(*, tenant_id: UUID, model: str, most: int) -> list[Stale]:
    """Systems to embed again, archived ones left out. One query."""
    rows = System.objects.filter(tenant_id=tenant_id).exclude(status=Status.ARCHIVED)
    rows = rows.filter(
        Q(capabilities_embedding=None)
        | ~Q(capabilities_embedding_model=model)
        | ~Q(capabilities_embedding_version=F("constitution_version"))
    )
    found = rows.order_by("id").values_list("id", "name", "description", "capabilities", "constitution_version")
    return [Stale(row[0], row[1], row[2], tuple(row[3]), row[4]) for row in found[:most]]


def drop_embeddings(*, tenant_id: UUID, besides: str) -> int:
    """Forget the vectors of every model but one, in the caller's transaction; what is forgotten is stale. Returns how many."""
    rows = System.objects.filter(tenant_id=tenant_id, capabilities_embedding__isnull=False)
    return rows.exclude(capabilities_embedding_model=besides).update(
        capabilities_embedding=None, capabilities_embedding_model=""
    )


def keep_embedding(*, tenant_id: UUID, stale: Stale, numbers: Sequence[float], model: str) -> bool:
    """Keep a vector in the caller's transaction, unless the system has moved since it was read; says whether it was kept."""
    rows = System.objects.filter(tenant_id=tenant_id, id=stale.id, constitution_version=stale.version)
    return bool(
        rows.filter(description=stale.description)
        .exclude(lifecycle_state=Lifecycle.PRUNED)
        .update(
            capabilities_embedding=list(numbers),
            capabilities_embedding_model=model,
            capabilities_embedding_version=stale.version,
        )
    )
