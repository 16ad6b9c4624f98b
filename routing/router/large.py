"""Tenants with many rules have an index of their own: an HNSW graph over their active rules of one model (docs/routing.md).

A shared graph with a tenant filter returns 2 rows of 10. A graph of one tenant and one model is asked with both as constants, so
every row that it gives belongs there.
"""

from __future__ import annotations

from typing import Final
from uuid import UUID

from django.db import connection

from governance.tenancy import in_tenant
from routing.router.serving import embedder_of

LEAST: Final = 10_000
"""Active rules of one model from which on a tenant has an index; below half of it the index goes again."""
MOST_DIMENSIONS: Final = 2_000
"""pgvector's limit for an index; longer vectors are searched exactly."""


def keep_index(*, tenant_id: UUID, least: int = LEAST) -> int:
    """Make the index of the tenant's model where it is due, drop what is not; 1 if the tenant has one afterwards."""
    embedder = embedder_of(tenant_id=tenant_id)
    with in_tenant(tenant_id, durable=True), connection.cursor() as cursor:
        cursor.execute("SELECT tars_keep_routing_index(%s, %s, %s)", [embedder.model, embedder.dimensions, least])
        return int(cursor.fetchone()[0])
