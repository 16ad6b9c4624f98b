"""The demo's systems are reached: local agents are asked for real, from a request to its receipt."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from functools import cache
from typing import Any

import pytest

from governance.tenancy import in_tenant
from routing.connectors.models import Connector, PinnedTool, ToolState
from routing.executions import approving, queries, work
from routing.executions.actions import handle
from routing.executions.queries import Whole
from routing.executions.stages import Stage, Status
from routing.router.embedding import embed_systems
from tarsweb.demo import actions
from tarsweb.demo.worlds import load
from tests import factories as make
from tests.db.demo.conftest import END, Demo

LATER = END + timedelta(minutes=5)
NEEDED = {"register", "connect", "look", "approve_tools", "write_rule", "set_price"}


@cache
def reached() -> Demo:
    """The first world with what its agents need and without a past: the other tests only read theirs."""
    world = load(tag="asked")[0]
    world = replace(world, story=tuple(told for told in world.story if told.get("do") in NEEDED), work={})
    actions.prepare(at=END, worlds=[world])
    report = actions.fill(worlds=[world])[world.key]
    tenant = actions.find_tenant(world)
    assert tenant is not None and report.refused == []
    embed_systems(tenant_id=tenant.id)
    return Demo(world, tenant.id, report)


@pytest.fixture
def oms(_database: None) -> Demo:
    return reached()


@pytest.fixture
def asked(oms: Demo) -> Any:
    def ask(text: str, by: str = "katie", **more: Any) -> Whole:
        request = handle(scope=oms.scope(by), text=text, at=END, channel="page", **more)
        return advanced(oms, request.id)

    return ask


def advanced(oms: Demo, id: Any) -> Whole:
    work.advance(tenant_id=oms.tenant_id, request_id=id, clock=lambda: LATER)
    with in_tenant(oms.tenant_id):
        return queries.execution(scope=oms.scope("preston"), id=id)


def test_connectors__all_tools__were_approved_by_somebody_else(oms: Demo) -> None:
    with in_tenant(oms.tenant_id):
        ways = {row.system.name: row for row in Connector.objects.select_related("system")}
        tools = list(PinnedTool.objects.select_related("connector__system"))
    assert {name: (row.kind, row.target) for name, row in ways.items()} == {
        "domicile-governance": ("mcp_stdio", "payroll"),
        "notion": ("mcp_stdio", "knowledge"),
        "memvid": ("mcp_stdio", "knowledge"),
        "oms-concierge": ("callable", "help-desk"),
        "mailroom": ("http", "https://mailroom.oms.example/"),
        "personaplex-7b": ("http", "https://personaplex.oms.example/"),
    }
    assert len(tools) == 11 and {row.state for row in tools} == {ToolState.PINNED}
    assert all(row.decided_by != ways[row.connector.system.name].pointed_by for row in tools)


def test_ask__audit__waits_then_calls_the_payroll_agent(oms: Demo, asked: Any) -> None:
    found = asked("Audit payroll compliance")
    assert (found.line.system, found.line.action, found.line.stage) == (
        "domicile-governance",
        "audit",
        Stage.AWAITING_APPROVAL,
    )
    approving.approve(
        scope=oms.scope("preston"),
        request_id=found.line.id,
        digest=found.digest,
        confirmation=make.confirmed(oms.scope("preston"), at=END),
        at=END,
    )
    done = advanced(oms, found.line.id)
    assert (done.line.status, done.error) == (Status.SUCCESS, "")
    assert (done.output["is_clean"], done.output["entries"]) == (False, 18)
    assert {found["rule"] for found in done.output["findings"]} == {"duplicate", "unknown_state"}, done.output[
        "findings"
    ]
    with in_tenant(oms.tenant_id):
        assert queries.receipt(scope=oms.scope("katie"), id=found.line.id).signature


@pytest.mark.parametrize(
    ("text", "system", "more"),
    [
        ("What did we say about the budget in last week's meeting?", "memvid", {}),
        (
            "Write a page in Notion about the onboarding",
            "notion",
            {"input": {"title": "Onboarding", "text": "Monday."}},
        ),
        ("Open a ticket: my laptop does not start", "oms-concierge", {}),
        ("Refund the expense for a train ticket", "oms-concierge", {"input": {"amount_usd": 48}}),
    ],
)
def test_ask__permitted__is_answered_by_a_real_agent(text: str, system: str, more: Any, asked: Any) -> None:
    done = asked(text, **more)
    assert (done.line.status, done.line.system) == (Status.SUCCESS, system), (done.error, done.steps)
    assert done.line.cost_usd is not None and done.line.cost_usd < 1
