"""Whether the walls between tenants stand, asked of the database itself."""

from __future__ import annotations

from uuid import UUID, uuid4

from django.db import connection, transaction

_OPEN_TABLES = """
SELECT c.relname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
JOIN pg_attribute a ON a.attrelid = c.oid AND a.attname = 'tenant_id' AND NOT a.attisdropped
WHERE n.nspname = 'public' AND c.relkind = 'r' AND NOT (c.relrowsecurity AND c.relforcerowsecurity) ORDER BY 1
"""


def heads_seen(tenant: UUID | None) -> int:
    """How many tenants' ledger heads show while `tenant` (or none) is set; nothing set here stays set."""
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("SELECT set_config('app.tenant_id', %s, true)", [str(tenant or "")])
            cursor.execute("SELECT count(*) FROM ledger_heads")
            seen = int(cursor.fetchone()[0])
        transaction.set_rollback(True)
    return seen


def open_tables() -> list[str]:
    """Tables with tenants' rows that have no forced row security."""
    with connection.cursor() as cursor:
        cursor.execute(_OPEN_TABLES)
        return [row[0] for row in cursor.fetchall()]


def gaps(tenant_id: UUID | None) -> list[str]:
    """What is wrong with the walls, in sentences; empty when they stand. `tenant_id` is who asks, None for nobody."""
    found = [f"The table {name} has no forced row security." for name in open_tables()]
    if heads_seen(None):
        found.append("Rows show without a tenant.")
    if heads_seen(uuid4()):
        found.append("Rows show to a tenant that does not exist.")
    if tenant_id is not None and heads_seen(tenant_id) != 1:
        found.append("This tenant does not see exactly its own ledger.")
    return found
