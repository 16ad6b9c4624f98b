"""What was asked in the demo's past is on record like anything that was asked."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import pytest
from django.db.models import Sum

from billing.budgets.models import BudgetMove, HoldState, Reservation, Resource, TopUp
from governance.approvals.queries import waiting_for, with_rows
from governance.errors import NotAllowed
from governance.registry.models import System
from governance.scope import tars_scope
from governance.tenancy import in_tenant
from routing.executions import past, queries
from routing.executions.models import DueRequest, Execution, ExecutionRequest, Receipt
from routing.executions.proof import judged
from routing.executions.stages import Stage
from routing.telemetry.models import ToolCall
from tests import factories as make
from tests.db.demo.conftest import END, Demo


def test_receipts__every_one__verifies_and_is_anchored(oms: Demo) -> None:
    with in_tenant(oms.tenant_id):
        ids = list(Execution.objects.filter(started_at__lt=END - timedelta(days=4)).values_list("id", flat=True))
        proofs = [queries.receipt(scope=oms.scope("uma"), id=id).as_json() for id in ids[:25]]
        assert Receipt.objects.filter(execution__started_at__lt=END, sealed_in=None).count() == 0
    assert len(ids) > 80
    assert all(judged(proof).is_genuine for proof in proofs)


def test_requests__each_done_one__has_its_execution_and_none_is_due(oms: Demo) -> None:
    with in_tenant(oms.tenant_id):
        done = set(ExecutionRequest.objects.filter(stage=Stage.DONE.value).values_list("id", flat=True))
        assert done == set(Execution.objects.values_list("id", flat=True))
        assert not DueRequest.objects.exists()
        assert not Execution.objects.filter(completed_at__gt=END).exists()


def test_money__what_was_charged__is_what_the_budgets_say(oms: Demo) -> None:
    with in_tenant(oms.tenant_id):
        settled = Reservation.objects.filter(state=HoldState.SETTLED)
        charged = sum((Decimal(row.actual["usd_budget"]) for row in settled), Decimal(0))
        monthly = Resource.objects.filter(resource_type="usd_budget", window_type="monthly")
        assert monthly.aggregate(used=Sum("used"))["used"] == charged > 0
        known = Execution.objects.exclude(cost_usd=None).aggregate(cost=Sum("cost_usd"))["cost"]
        assert 0 < known <= charged
        assert not BudgetMove.objects.filter(sealed_in=None, at__lt=END - timedelta(hours=1)).exists()


def test_budgets__wait_for_somebody(oms: Demo) -> None:
    with in_tenant(oms.tenant_id):
        held = Reservation.objects.filter(state=HoldState.HELD)
        assert min(row.held_at for row in held) < END - timedelta(days=2)
        assert {row.state for row in TopUp.objects.all()} == {"applied", "asked"}
        kinds = {(row.resource_type, row.window_type) for row in Resource.objects.filter(window_end__gt=END)}
    assert kinds >= {
        ("usd_budget", "monthly"),
        ("llm_tokens", "weekly"),
        ("api_calls", "daily"),
        ("compute_hours", "monthly"),
    }


def test_inbox__an_execution_waits__for_the_operator(oms: Demo) -> None:
    scope = oms.scope("preston")
    with in_tenant(oms.tenant_id):
        found = [item.row for item in with_rows(waiting_for(scope=scope, at=END), scope=scope, at=END)]
        waiting = {row.sentence: row for row in found if row.type == "execution"}
        row = next(row for said, row in waiting.items() if said.endswith("Audit payroll compliance"))
        whole = queries.execution(scope=scope, id=row.subject_id)
    assert (row.proposed_by, row.system) == ("katie@oms.com", "domicile-governance")
    assert whole.digest and len(whole.input["entries"]) == 3


def test_telemetry__has_a_slow_tool_and_calls_that_failed(oms: Demo) -> None:
    with in_tenant(oms.tenant_id):
        calls = list(ToolCall.objects.filter(timestamp__lt=END))
    slow = [call.execution_time_ms for call in calls if call.tool_name == "extract_tables"]
    assert len(calls) > 100 and min(slow) > 4000
    assert {call.execution_id is not None for call in calls} == {True}


def test_past__outside_a_demo_or_by_a_person__is_told_by_nobody() -> None:
    cast = make.cast()
    for scope in (tars_scope(cast.tenant.id), cast.bo):
        with pytest.raises(NotAllowed):
            past.play(scope=scope, pasts=[], memory={}, at=make.AT)


def test_systems__the_voice__is_off_with_a_reason(oms: Demo) -> None:
    with in_tenant(oms.tenant_id):
        system = System.objects.get(tenant_id=oms.tenant_id, name="personaplex-7b")
        assert "another rack" in system.connectors.get().disabled_because
