"""How many bytes a tenant's executions take: told to the storage budget as their receipts are sealed, each exactly once.

Counted are the contents as they are written: the request, its input and steps, the answer, the route, the verdict, the receipt.
What is not sealed yet, a minute's worth, is counted when it is asked for.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from django.db import connection

from billing.budgets import storage

SOURCE: Final = "executions"
_BYTES: Final = """
WITH told AS MATERIALIZED (
  SELECT execution_id, octet_length(statement) + octet_length(signature) AS bytes
  FROM receipts WHERE tenant_id = %(tenant)s AND {which})
SELECT coalesce(sum(
  told.bytes + octet_length(e.user_request) + octet_length(e.steps::text)
  + octet_length(e.governance_check::text) + coalesce(octet_length(e.route::text), 0)
  + coalesce(octet_length(e.input_data::text), 0) + coalesce(octet_length(e.output_data::text), 0)
  + coalesce(octet_length(e.error_message), 0)
  + coalesce(pg_column_size(e.request_embedding), 0)), 0)::bigint
FROM told JOIN executions e ON e.tenant_id = %(tenant)s AND e.id = told.execution_id
"""
THESE: Final = _BYTES.format(which="id = ANY(%(ids)s)")
OF: Final = _BYTES.format(which="execution_id = ANY(%(ids)s) AND sealed_in IS NOT NULL")
UNSEALED: Final = _BYTES.format(which="sealed_in IS NULL")


def tell_within(*, tenant_id: UUID, receipt_ids: Sequence[UUID], at: datetime) -> None:
    """Add the executions of these receipts to what is kept. In the transaction that seals them, which takes each only once."""
    size = _size(THESE, {"tenant": tenant_id, "ids": list(receipt_ids)})
    storage.change_within(tenant_id=tenant_id, source=SOURCE, bytes=size, at=at)


def told(*, tenant_id: UUID, execution_ids: Sequence[UUID]) -> int:
    """The bytes of these executions, of which the budget was told: who moves contents away says before and after what they
    are."""
    return _size(OF, {"tenant": tenant_id, "ids": list(execution_ids)})


def count(tenant_id: UUID) -> int:
    """The bytes of a tenant's executions: one row, and what is not sealed yet. Inside the tenant's transaction."""
    return storage.level(tenant_id=tenant_id, source=SOURCE) + _size(UNSEALED, {"tenant": tenant_id})


def _size(statement: str, values: Mapping[str, Any]) -> int:
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        found: int = cursor.fetchone()[0]
    return found
