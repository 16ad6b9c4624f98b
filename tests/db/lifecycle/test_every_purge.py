"""Every table from which the application may delete is known here: on hold, or free with a reason. A new one fails until then."""

from __future__ import annotations

from datetime import timedelta

import pytest

from governance.files.actions import drop_expired, upload
from governance.files.models import StoredFile
from governance.tenancy import in_tenant
from routing.lifecycle import holds
from tests import factories as make
from tests.db.lifecycle.old import cast
from tests.db.tenants.catalogue import rows, walled

pytestmark = pytest.mark.usefixtures("database")
__all__ = ["cast"]

GUARDED = {"dream_runs", "drift_scores", "notices", "outbox_mails", "rule_sessions", "session_rules", "stored_files"}
"""What is dropped by age: a hold on everything keeps it (`tars_stays_on_hold`)."""
FREE = {
    "accesses": "notes that a task adds to what they are about",
    "assignments": "who has taken a question, while it is open; the answer is kept",
    "deputies": "taken back before they begin; each is on the ledger",
    "drift_states": "where a system stands now; each move is on the ledger",
    "due_requests": "the runner's queue",
    "idempotency_keys": "a day's copies of answers",
    "looks": "who last saw what",
    "next_vectors": "vectors in the making; the words are kept",
    "notice_preferences": "a person's choice",
    "quorums": "taken back by a person; each is on the ledger",
    "rate_windows": "counts of the minute",
    "request_clusters": "sums over executions, which are kept",
    "safety_windows": "counts of the hour",
    "saved_searches": "a person's own",
    "snoozes": "a person's own",
    "ticks": "a person's own",
    "tool_days": "sums over tool calls, which are kept",
}


def _deletable() -> set[str]:
    return {table for table in walled() if rows("SELECT has_table_privilege(current_user, %s, 'DELETE')", table)[0][0]}


def test_every_table_that_can_lose_rows__is_on_hold_or_free_with_a_reason() -> None:
    assert _deletable() == GUARDED | set(FREE)
    held = rows("SELECT tgrelid::regclass::text FROM pg_trigger WHERE tgfoid = 'tars_stays_on_hold'::regproc")
    assert {row[0] for row in held} == GUARDED


def test_hold_on_everything__keeps_what_is_dropped_by_age(cast: make.Cast) -> None:
    upload(scope=cast.bo, name="why.txt", content=b"Because.", at=make.AT)
    hold = holds.place(scope=cast.ada, reason="A court asked.", at=make.AT)
    later = make.AT + timedelta(days=30)
    with in_tenant(cast.tenant.id):
        assert drop_expired(tenant_id=cast.tenant.id, at=later) == 0
        assert StoredFile.objects.filter(tenant_id=cast.tenant.id).count() == 1
    holds.release(scope=cast.ada, hold_id=hold.id, reason="Over.", at=later)
    with in_tenant(cast.tenant.id):
        assert drop_expired(tenant_id=cast.tenant.id, at=later) == 1
