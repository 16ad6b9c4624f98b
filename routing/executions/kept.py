"""How many bytes a tenant's executions take: told to the storage budget as their receipts are sealed, each exactly once.

Counted are the contents as they are written: the request, its input and steps, the answer, the route, the verdict, the receipt.
What is not sealed yet, a minute's worth, is counted when it is asked for.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from django.db import connection

from billing.budgets import storage

SOURCE: Final = "executions"
_BYTES = """
SELECT coalesce(sum(
  octet_length(r.statement) + octet_length(r.signature) + octet_length(e.user_request) + octet_length(e.steps::text)
  + octet_length(e.governance_check::text) + coalesce(octet_length(e.route::text), 0)
  + coalesce(octet_length(e.input_data::text), 0) + coalesce(octet_length(e.output_data::text), 0)
  + coalesce(octet_length(e.error_message), 0)
  + coalesce(pg_column_size(e.request_embedding), 0)), 0)::bigint
FROM receipts r JOIN executions e ON e.tenant_id = r.tenant_id AND e.id = r.execution_id
WHERE r.tenant_id = %s
"""


def tell_within(*, tenant_id: UUID, receipt_ids: Sequence[UUID], at: datetime) -> None:
    """Add the executions of these receipts to what is kept. In the transaction that seals them, which takes each only once."""
    size = _size(_BYTES + " AND r.id = ANY(%s)", [tenant_id, list(receipt_ids)])
    storage.change_within(tenant_id=tenant_id, source=SOURCE, bytes=size, at=at)


def count(tenant_id: UUID) -> int:
    """The bytes of a tenant's executions: one row, and what is not sealed yet. Inside the tenant's transaction."""
    return storage.level(tenant_id=tenant_id, source=SOURCE) + _size(_BYTES + " AND r.sealed_in IS NULL", [tenant_id])


def _size(statement: str, values: list[Any]) -> int:
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        found: int = cursor.fetchone()[0]
    return found
