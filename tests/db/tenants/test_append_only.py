"""What is written once stays: by right for the application role, by trigger for everybody who has the right."""

from __future__ import annotations

import psycopg
import pytest
from django.db import DatabaseError

from governance.tenancy import in_tenant
from tests import factories as make
from tests.db.tenants.catalogue import connected, run
from tests.db.tenants.everything import everything

APPEND_ONLY = (
    "approval_decisions",
    "asset_uses",
    "budget_alerts",
    "decision_snapshots",
    "elicitations",
    "ledger_entries",
    "mcp_telemetry_log",
    "override_reviews",
    "prices",
    "proposal_moves",
    "proposal_revisions",
    "reminders",
    "system_versions",
)
KEPT = (
    "actor_keys",
    "amendment_counts",
    "amendment_days",
    "archived_rows",
    "archived_sums",
    "archives",
    "amendment_proposals",
    "api_tokens",
    "approval_requests",
    "assets",
    "budget_moves",
    "budget_paces",
    "budget_plans",
    "canonical_items",
    "comments",
    "connector_secrets",
    "connectors",
    "dream_bars",
    "dream_cycles",
    "dream_ratings",
    "dream_settings",
    "dream_wishes",
    "dreams",
    "drift_marks",
    "drift_metrics",
    "execution_ages",
    "execution_days",
    "execution_requests",
    "executions",
    "figure_marks",
    "guardrail_settings",
    "constitutional_amendments",
    "corrections",
    "counters",
    "estops",
    "jobs",
    "invitations",
    "learning_settings",
    "learning_states",
    "ledger_heads",
    "legal_holds",
    "mandates",
    "memberships",
    "pinned_tools",
    "policy_cases",
    "reservation_lines",
    "receipts",
    "regression_requests",
    "reservations",
    "resources",
    "rollbacks",
    "routing_rules",
    "rule_proposals",
    "standing_authorities",
    "storage_levels",
    "system_shares",
    "systems",
    "tenants",
    "top_ups",
    "users",
    "verdicts",
    "watches",
    "webhook_deliveries",
    "webhooks",
)
_made: list[make.Cast] = []


@pytest.fixture
def cast(database: None) -> make.Cast:
    if not _made:
        _made.append(everything())
    return _made[0]


def _refused(cast: make.Cast, statement: str) -> None:
    with pytest.raises(DatabaseError, match="permission denied") as refusal, in_tenant(cast.tenant.id):
        run(statement)
    assert refusal.value.__cause__.sqlstate == "42501"  # type: ignore[union-attr]


@pytest.mark.parametrize("table", APPEND_ONLY)
@pytest.mark.parametrize("statement", ["UPDATE {} SET tenant_id = tenant_id", "DELETE FROM {}", "TRUNCATE {}"])
def test_append_only__application_role_lacks_the_right(table: str, statement: str, cast: make.Cast) -> None:
    _refused(cast, statement.format(table))


@pytest.mark.parametrize("table", KEPT)
@pytest.mark.parametrize("statement", ["DELETE FROM {}", "TRUNCATE {} CASCADE"])
def test_kept__application_role_deletes_no_row(table: str, statement: str, cast: make.Cast) -> None:
    _refused(cast, statement.format(table))


@pytest.mark.parametrize("table", [*APPEND_ONLY, "constitutional_amendments"])
@pytest.mark.parametrize("statement", ["DELETE FROM {}", "TRUNCATE {} CASCADE"])
def test_append_only__even_a_superuser_meets_the_trigger(table: str, statement: str, cast: make.Cast) -> None:
    with connected("super") as server, pytest.raises(psycopg.Error, match="written once"):
        server.execute(statement.format(table))


@pytest.mark.parametrize("table", APPEND_ONLY)
def test_append_only__even_a_superuser_cannot_update(table: str, cast: make.Cast) -> None:
    with connected("super") as server, pytest.raises(psycopg.Error, match="written once"):
        server.execute(f"UPDATE {table} SET tenant_id = tenant_id")


@pytest.mark.parametrize(
    "change",
    [
        "sentence = 'nothing happened'",
        "new_constitution = '{}'::jsonb",
        "approved_by = 'somebody else'",
        "can_rollback = false, basis = 'compliance'",
        "bound = 'x'",
        "applied_in = pg_current_xact_id()",
    ],
)
def test_amendment__an_applied_one_gains_nothing_but_its_rollback_time(change: str, cast: make.Cast) -> None:
    with pytest.raises(DatabaseError, match="tars_append_only"), in_tenant(cast.tenant.id):
        run(f"UPDATE constitutional_amendments SET {change}")


def test_amendment__rolled_back_twice_or_never_again__refused(cast: make.Cast) -> None:
    for value in ("NULL", "now()"):
        with pytest.raises(DatabaseError, match="tars_append_only"), in_tenant(cast.tenant.id):
            run(f"UPDATE constitutional_amendments SET rolled_back_at = {value} WHERE rolled_back_at IS NOT NULL")


def test_amendment__irreversible_one_marked_rolled_back__refused(cast: make.Cast) -> None:
    with pytest.raises(DatabaseError), in_tenant(cast.tenant.id):
        run("UPDATE constitutional_amendments SET rolled_back_at = now() WHERE NOT can_rollback")
