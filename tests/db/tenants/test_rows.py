"""No tenant set: no rows. Another tenant set: not these rows, neither read nor written."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import pytest
from django.db import DatabaseError, InternalError, ProgrammingError, connection, transaction
from psycopg import sql
from psycopg.types.json import Jsonb

from governance.tenancy import in_tenant
from tests import factories as make
from tests.db.tenants.catalogue import rows, run, walled
from tests.db.tenants.everything import everything

TABLES = {
    "accesses": "tenant_id",
    "actor_keys": "tenant_id",
    "amendment_counts": "tenant_id",
    "amendment_days": "tenant_id",
    "amendment_proposals": "tenant_id",
    "api_tokens": "tenant_id",
    "approval_decisions": "tenant_id",
    "approval_requests": "tenant_id",
    "archived_rows": "tenant_id",
    "archived_sums": "tenant_id",
    "archives": "tenant_id",
    "asset_uses": "tenant_id",
    "assets": "tenant_id",
    "assignments": "tenant_id",
    "budget_alerts": "tenant_id",
    "budget_moves": "tenant_id",
    "budget_paces": "tenant_id",
    "budget_plans": "tenant_id",
    "canonical_items": "tenant_id",
    "comments": "tenant_id",
    "connector_secrets": "tenant_id",
    "connectors": "tenant_id",
    "constitutional_amendments": "tenant_id",
    "corrections": "tenant_id",
    "counters": "tenant_id",
    "decision_snapshots": "tenant_id",
    "deputies": "tenant_id",
    "dream_bars": "tenant_id",
    "dream_cycles": "tenant_id",
    "dream_ratings": "tenant_id",
    "dream_runs": "tenant_id",
    "dream_settings": "tenant_id",
    "dream_wishes": "tenant_id",
    "dreams": "tenant_id",
    "drift_marks": "tenant_id",
    "drift_metrics": "tenant_id",
    "drift_scores": "tenant_id",
    "drift_states": "tenant_id",
    "due_requests": "tenant_id",
    "elicitations": "tenant_id",
    "estops": "tenant_id",
    "execution_ages": "tenant_id",
    "execution_days": "tenant_id",
    "execution_requests": "tenant_id",
    "executions": "tenant_id",
    "figure_marks": "tenant_id",
    "guardrail_settings": "tenant_id",
    "idempotency_keys": "tenant_id",
    "invitations": "tenant_id",
    "jobs": "tenant_id",
    "learning_settings": "tenant_id",
    "learning_states": "tenant_id",
    "ledger_entries": "tenant_id",
    "ledger_heads": "tenant_id",
    "legal_holds": "tenant_id",
    "looks": "tenant_id",
    "mandates": "tenant_id",
    "mcp_telemetry_log": "tenant_id",
    "memberships": "tenant_id",
    "next_vectors": "tenant_id",
    "notice_preferences": "tenant_id",
    "notices": "tenant_id",
    "outbox_mails": "tenant_id",
    "override_reviews": "tenant_id",
    "pinned_tools": "tenant_id",
    "policy_cases": "tenant_id",
    "prices": "tenant_id",
    "proposal_moves": "tenant_id",
    "proposal_revisions": "tenant_id",
    "quorums": "tenant_id",
    "rate_windows": "tenant_id",
    "receipts": "tenant_id",
    "regression_requests": "tenant_id",
    "reminders": "tenant_id",
    "request_clusters": "tenant_id",
    "reservation_lines": "tenant_id",
    "reservations": "tenant_id",
    "resources": "tenant_id",
    "rollbacks": "tenant_id",
    "routing_rules": "tenant_id",
    "rule_proposals": "tenant_id",
    "rule_sessions": "tenant_id",
    "safety_windows": "tenant_id",
    "saved_searches": "tenant_id",
    "session_rules": "tenant_id",
    "snoozes": "tenant_id",
    "standing_authorities": "tenant_id",
    "stored_files": "tenant_id",
    "storage_levels": "tenant_id",
    "system_shares": "tenant_id",
    "system_versions": "tenant_id",
    "systems": "tenant_id",
    "tenants": "id",
    "ticks": "tenant_id",
    "tool_days": "tenant_id",
    "top_ups": "tenant_id",
    "verdicts": "tenant_id",
    "webhook_deliveries": "tenant_id",
    "watches": "tenant_id",
    "webhooks": "tenant_id",
}
_made: list[tuple[make.Cast, make.Cast]] = []


@pytest.fixture
def home(database: None) -> make.Cast:
    return _both()[0]


@pytest.fixture
def away(database: None) -> make.Cast:
    return _both()[1]


def _both() -> tuple[make.Cast, make.Cast]:
    if not _made:
        _made.append((everything(), everything()))
    return _made[0]


def _count(table: str) -> int:
    return int(rows(f"SELECT count(*) FROM {table}")[0][0])


def _any_row(table: str, tenant_id: UUID) -> dict[str, Any]:
    with in_tenant(tenant_id), connection.cursor() as cursor:
        cursor.execute(
            "SELECT column_name FROM information_schema.columns WHERE table_name = %s AND is_generated = 'NEVER'",
            [table],
        )
        columns = ", ".join(column for (column,) in cursor.fetchall())
        cursor.execute(f"SELECT {columns} FROM {table} LIMIT 1")
        row = cursor.fetchone()
        assert row is not None and cursor.description is not None
        return {column.name: value for column, value in zip(cursor.description, row, strict=True)}


def _insert(table: str, row: dict[str, Any]) -> None:
    statement = sql.SQL("INSERT INTO {} ({}) VALUES ({})").format(
        sql.Identifier(table),
        sql.SQL(", ").join(map(sql.Identifier, row)),
        sql.SQL(", ").join(sql.Placeholder() for _ in row),
    )
    with connection.cursor() as cursor:
        cursor.execute(statement, [Jsonb(value) if isinstance(value, dict) else value for value in row.values()])


def test_list__names_every_walled_table() -> None:
    assert walled() == TABLES


@pytest.mark.parametrize("table", TABLES)
def test_no_tenant_set__no_rows(table: str, home: make.Cast) -> None:
    assert _count(table) == 0


@pytest.mark.parametrize("table", TABLES)
def test_tenant_set__only_its_own_rows(table: str, home: make.Cast, away: make.Cast) -> None:
    column = TABLES[table]
    for cast in (home, away):
        with in_tenant(cast.tenant.id):
            assert _count(table) > 0, "the history leaves a row in every table"
            assert rows(f"SELECT DISTINCT {column} FROM {table}") == [(cast.tenant.id,)]


@pytest.mark.parametrize("table", TABLES)
def test_insert__for_another_tenant__refused(table: str, home: make.Cast, away: make.Cast) -> None:
    forged = {**_any_row(table, home.tenant.id), TABLES[table]: away.tenant.id}
    with in_tenant(away.tenant.id):
        before = _count(table)
    with (
        pytest.raises((ProgrammingError, InternalError), match=r"row-level security|tars_") as refusal,
        in_tenant(home.tenant.id),
    ):
        _insert(table, forged)
    assert refusal.value.__cause__.sqlstate == "42501"  # type: ignore[union-attr]
    with in_tenant(away.tenant.id):
        assert _count(table) == before


@pytest.mark.parametrize("table", TABLES)
def test_insert__without_a_tenant__refused(table: str, home: make.Cast) -> None:
    row = _any_row(table, home.tenant.id)
    with pytest.raises(DatabaseError) as refusal, transaction.atomic():
        _insert(table, row)
    assert refusal.value.__cause__.sqlstate == "42501"  # type: ignore[union-attr]


@pytest.mark.parametrize("table", TABLES)
def test_update_and_delete__of_another_tenants_rows__touch_nothing(
    table: str, home: make.Cast, away: make.Cast
) -> None:
    column = TABLES[table]
    statements = (f"UPDATE {table} SET {column} = {column}", f"DELETE FROM {table}")
    for statement in statements:
        try:
            with in_tenant(away.tenant.id):
                assert run(f"{statement} WHERE {column} = %s", home.tenant.id) == 0
        except ProgrammingError as refused:
            assert "permission denied" in str(refused)
    with in_tenant(home.tenant.id):
        assert _count(table) > 0


@pytest.mark.parametrize("table", sorted(set(TABLES) - {"tenants", "ledger_entries", "ledger_heads"}))
def test_row__cannot_move_to_another_tenant(table: str, home: make.Cast, away: make.Cast) -> None:
    with pytest.raises(DatabaseError) as refusal, in_tenant(home.tenant.id):
        run(f"UPDATE {table} SET tenant_id = %s", away.tenant.id)
    assert refusal.value.__cause__.sqlstate == "42501"  # type: ignore[union-attr]


@pytest.mark.parametrize(
    ("table", "column", "target"),
    [
        ("amendment_proposals", "system_id", "systems"),
        ("amendment_proposals", "request_id", "approval_requests"),
        ("rollbacks", "amendment_id", "constitutional_amendments"),
        ("deputies", "membership_id", "memberships"),
    ],
)
def test_reference__to_another_tenants_row__refused(
    table: str, column: str, target: str, home: make.Cast, away: make.Cast
) -> None:
    foreign = _any_row(target, away.tenant.id)["id"]
    with pytest.raises(DatabaseError) as refusal, in_tenant(home.tenant.id):
        run(f"UPDATE {table} SET {column} = %s", foreign)
    assert refusal.value.__cause__.sqlstate in {"23503", "42501"}  # type: ignore[union-attr]


def test_dependency__on_another_tenants_system__refused(home: make.Cast, away: make.Cast) -> None:
    with pytest.raises(DatabaseError, match="tars_dependency"), in_tenant(home.tenant.id):
        run("UPDATE systems SET depends_on = ARRAY[%s]::uuid[]", away.system.id)
