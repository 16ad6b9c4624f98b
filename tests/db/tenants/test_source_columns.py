"""The tables of the sources (seeds/004 3, 4, 6, 7) have every column that is written there: name, type, default and check.

What differs by design: `id` has no default (verbs make UUIDv7 ids, DESIGN.md 4.8), and `tenant_id` is on every table and never
null. Every other column that may be null there may be so here, or has a default.
"""

from __future__ import annotations

from typing import Any

import pytest
from django.db import IntegrityError, connection

from governance.ids import new_id
from governance.tenancy import in_tenant
from tests import factories as make

TABLES = {
    "executions": """
        id uuid; tenant_id uuid; system_id uuid null; system_name text; user_request text; request_embedding vector null;
        routing_path uuid[] '{}'; routing_confidence numeric null; input_data jsonb null; output_data jsonb null;
        governance_check jsonb;
        status text; error_message text null; started_at timestamptz now; completed_at timestamptz null; duration_ms integer null;
        cost_usd numeric null; user_satisfaction integer null; user_feedback text null;
        should_retry_with_different_path boolean false; suggested_improvements jsonb null; receipt_signature text null;
        lifecycle_state text 'HOT'; last_accessed_at timestamptz now; access_count integer 0""",
    "mcp_telemetry_log": """
        id uuid; tenant_id uuid; execution_id uuid null; server_name text; tool_name text; input_data jsonb null;
        execution_time_ms numeric null; success boolean null; error_message text null; timestamp timestamptz now""",
    "resources": """
        id uuid; tenant_id uuid; resource_type text; window_type text; window_start timestamptz; window_end timestamptz;
        total_budget numeric; used numeric 0; reserved numeric 0; available numeric generated; system_quotas jsonb '{}';
        alert_threshold numeric 0.80; alert_sent boolean false; created_at timestamptz now; updated_at timestamptz now""",
    "routing_rules": """
        id uuid; tenant_id uuid; request_pattern text; request_embedding vector null; recommended_system_id uuid;
        alternative_systems uuid[] '{}'; based_on_executions integer 0; success_rate numeric null; avg_cost_usd numeric null;
        avg_duration_ms integer null; confidence_score numeric; last_validated timestamptz now; created_at timestamptz now;
        auto_generated boolean true; created_by text null; is_active boolean true""",
}
CHECKS = {
    "executions": [
        "status IN ('success', 'failed', 'partial', 'timeout', 'governance_blocked')",
        "lifecycle_state IN ('HOT', 'WARM', 'COLD', 'ARCHIVED', 'PRUNED')",
    ],
    "resources": [
        "resource_type IN ('llm_tokens', 'compute_hours', 'api_calls', 'storage_gb', 'usd_budget')",
        "window_type IN ('hourly', 'daily', 'weekly', 'monthly')",
    ],
}
_COLUMNS = """
SELECT a.attname, format_type(a.atttypid, NULL), a.attnotnull, a.attgenerated, pg_get_expr(d.adbin, d.adrelid)
FROM pg_attribute a LEFT JOIN pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
WHERE a.attrelid = %s::regclass AND a.attnum > 0 AND NOT a.attisdropped
"""
_TYPES = {"timestamptz": "timestamp with time zone"}


def _asked(table: str) -> dict[str, tuple[str, str]]:
    """Type and what follows it (`null`, a default, or nothing) of each column."""
    parts = [line.split(maxsplit=2) for line in " ".join(TABLES[table].split()).split(";")]
    return {name: (type, rest[0] if rest else "") for name, type, *rest in parts}


@pytest.mark.parametrize("table", TABLES)
def test_columns__of_the_sources__are_there_as_they_are_written(table: str, database: None) -> None:
    with connection.cursor() as cursor:
        cursor.execute(_COLUMNS, [table])
        found = {name: rest for name, *rest in cursor.fetchall()}
    for name, (type, asked) in _asked(table).items():
        has_type, is_kept, generated, default = found[name]
        assert has_type == _TYPES.get(type, type), name
        assert (generated == "s") == (asked == "generated" or name == "duration_ms"), name
        if asked == "null":
            assert not is_kept, f"{name} may be unknown"
        elif asked != "generated":
            assert is_kept, f"{name} is always known"
        if asked not in ("", "null", "generated"):
            assert default is not None and asked in ("now", default.split("::")[0].strip("()")), (name, default)
            assert asked != "now" or "timestamp" in default.lower() or "now" in default.lower(), (name, default)


@pytest.mark.parametrize("table", CHECKS)
def test_words__of_the_sources_checks__are_the_ones_that_are_taken(table: str, database: None) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_get_constraintdef(oid) FROM pg_constraint WHERE conrelid = %s::regclass", [table])
        checks = [row[0] for row in cursor.fetchall()]
    for asked in CHECKS[table]:
        column, _, words = asked.partition(" IN ")
        wanted = {word.strip(" '()") for word in words.split(",")}
        assert any(f"({column} = ANY" in one and wanted == _words(one) for one in checks), asked


def _words(check: str) -> set[str]:
    return {part for index, part in enumerate(check.split("'")) if index % 2}


@pytest.mark.parametrize(
    ("used", "reserved", "total", "is_kept"),
    [("60", "40", "100", True), ("60", "41", "100", False), ("-1", "0", "100", False), ("0", "-1", "100", False)],
)
def test_conservation__is_the_databases_own(
    used: str, reserved: str, total: str, is_kept: bool, database: None
) -> None:
    tenant = make.cast().tenant
    values: list[Any] = [new_id(make.AT), tenant.id, total, used, reserved]
    statement = """
        INSERT INTO resources (id, tenant_id, resource_type, window_type, window_start, window_end, total_budget, used, reserved)
        VALUES (%s, %s, 'llm_tokens', 'daily', '2026-03-01', '2026-03-02', %s, %s, %s)
        RETURNING used + reserved + available = total_budget, system_quotas, alert_threshold, alert_sent"""
    with in_tenant(tenant.id), connection.cursor() as cursor:
        if not is_kept:
            with pytest.raises(IntegrityError):
                cursor.execute(statement, values)
            connection.set_rollback(True)
            return
        cursor.execute(statement, values)
        row = cursor.fetchone()
        assert (row[0], str(row[2]), row[3]) == (True, "0.800", False)
