"""Tool calls: what is kept, the sources' two queries, alerts, and what a long record costs."""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import uuid4

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from governance.errors import Invalid, NotAllowed, NotFound
from governance.notices.models import Notice
from governance.scope import Actor, ActorKind, Capability, Scope, agent_name
from governance.tenancy import in_tenant
from routing.connectors.contract import ToolCall as Told
from routing.telemetry import actions, alerts, queries
from routing.telemetry.arguments import digest_of
from routing.telemetry.models import ToolCall
from routing.telemetry.queries import CallFilter
from routing.telemetry.tasks import watch
from tests import factories as make
from tests.db.amendments.desk import at_once
from tests.db.connectors.world import NAME, connected
from tests.db.tenants.catalogue import connected as owner

AT = make.AT
HOUR = timedelta(hours=1)


@pytest.fixture
def cast() -> make.Cast:
    return make.cast()


def agent(cast: make.Cast) -> Scope:
    """The system itself, with a token that lets it report."""
    actor = Actor(ActorKind.SYSTEM, agent_name(NAME), user_id=cast.system.id, sponsor_id=cast.bo.person_id)
    return Scope(tenant_id=cast.tenant.id, actor=actor, grants=frozenset({Capability.REPORT}))


def ran(cast: make.Cast, *calls: Told, at: datetime = AT, **more: Any) -> list[ToolCall]:
    with in_tenant(cast.tenant.id):
        return actions.record_within(
            scope=cast.tars, calls=calls, execution_id=more.pop("execution_id", None), at=at, **more
        )


def told(tool: str = "audit", *, ok: bool = True, ms: int = 100, server: str = NAME, **more: Any) -> Told:
    return Told(server=server, tool=tool, is_success=ok, ms=ms, error="" if ok else "No.", **more)


def test_record__arguments_are_a_digest__and_an_error_is_a_failure(cast: make.Cast) -> None:
    execution = uuid4()
    first, second = ran(
        cast, told(input={"a": 1}), told("pay", ok=False), execution_id=execution, tool_digests={"audit": "sha256:x"}
    )
    assert (first.input_data, first.input_digest, first.tool_digest) == (None, digest_of({"a": 1}), "sha256:x")
    assert (second.success, second.error_message, second.reported_by) == (False, "No.", "")
    with in_tenant(cast.tenant.id):
        found = queries.of_execution(scope=cast.bo, execution_id=execution)
    assert {one.tool for one in found} == {"audit", "pay"}


def test_record__kept_arguments_are_scrubbed(cast: make.Cast) -> None:
    (row,) = ran(cast, told(input={"api_key": "abcdefgh12345678", "n": 2}), keeps_arguments=True)
    assert row.input_data == {"api_key": "[hidden]", "n": 2}
    assert row.input_digest == digest_of({"api_key": "abcdefgh12345678", "n": 2}), "the digest is of what was sent"


def test_record__many__is_one_statement(cast: make.Cast) -> None:
    with in_tenant(cast.tenant.id), CaptureQueriesContext(connection) as made:
        actions.record_within(scope=cast.tars, calls=[told() for _ in range(50)], execution_id=None, at=AT)
    assert len(made) == 1


def test_report__plain_and_opentelemetry__are_marked_as_reported(cast: make.Cast) -> None:
    span = {"attributes": {"gen_ai.tool.name": "search", "error.type": "tool_error"}}
    calls: list[Any] = [
        {"tool": "audit", "ms": 12.5, "input": {"a": 1}},
        span,
        {"tool": "pay", "success": True, "isError": True},
    ]
    rows = actions.report(scope=agent(cast), calls=calls, at=AT)
    assert [(row.server_name, row.tool_name, row.success) for row in rows] == [
        (NAME, "audit", True), (NAME, "search", False), (NAME, "pay", False),
    ]  # fmt: skip
    assert {row.reported_by for row in rows} == {f"{NAME} (agent)"}
    assert (rows[0].execution_time_ms, rows[0].input_data, rows[0].timestamp) == (Decimal("12.500"), None, AT)


def test_report__arguments_are_kept_only_where_the_connector_says_so(cast: make.Cast) -> None:
    connected(cast, keeps_arguments=True)
    (row,) = actions.report(scope=agent(cast), calls=[{"tool": "audit", "input": {"a": 1}}], at=AT)
    assert row.input_data == {"a": 1}
    (row,) = actions.report(scope=cast.bo, calls=[{"tool": "audit", "input": {"a": 1}}], at=AT)
    assert row.input_data is None, "a person has no connector"


@pytest.mark.parametrize(
    "bad", [{}, {"tool": 3}, {"tool": "a", "ms": "fast"}, {"tool": "a", "ms": -1}, {"tool": "a", "success": "yes"},
            {"tool": "a", "execution_id": "x"}, {"tool": "a", "input_digest": "md5:1"}, {"attributes": {}}],
)  # fmt: skip
def test_report__one_wrong_call__keeps_nothing_and_says_which(bad: dict[str, Any], cast: make.Cast) -> None:
    with pytest.raises(Invalid) as refusal:
        actions.report(scope=agent(cast), calls=[{"tool": "audit"}, bad], at=AT)
    assert refusal.value.problems[0][0] == "/calls/1"
    with in_tenant(cast.tenant.id):
        assert not ToolCall.objects.exists()


@pytest.mark.parametrize("name", ["ada", "uma", "tess", "sam", "mel"])
def test_report__without_the_right__refused(name: str, cast: make.Cast) -> None:
    with pytest.raises(NotAllowed):
        actions.report(scope=getattr(cast, name), calls=[{"tool": "audit"}], at=AT)


def test_report__too_many_or_none__refused(cast: make.Cast) -> None:
    for calls in ([], [{"tool": "a"}] * 501):
        with pytest.raises(Invalid):
            actions.report(scope=cast.bo, calls=calls, at=AT)


def test_report__two_at_once__both_are_kept(cast: make.Cast) -> None:
    at_once([lambda: actions.report(scope=agent(cast), calls=[{"tool": "a"}] * 3, at=AT)] * 2)
    with in_tenant(cast.tenant.id):
        assert ToolCall.objects.count() == 6


def test_stranger__sees_no_call(cast: make.Cast) -> None:
    (row,) = ran(cast, told())
    mallory = make.stranger()
    with in_tenant(mallory.tenant_id):
        assert queries.calls(scope=mallory, filter=CallFilter()).lines == ()
        assert queries.figures(scope=mallory, since=AT - HOUR, until=AT + HOUR) == []
        with pytest.raises(NotFound):
            queries.found_call(scope=mallory, call_id=row.id)


def test_reads__without_a_desk__refused(cast: make.Cast) -> None:
    with in_tenant(cast.tenant.id), pytest.raises(NotAllowed):
        queries.calls(scope=cast.mel, filter=CallFilter())


def test_figures__are_those_of_the_sources_queries(cast: make.Cast) -> None:
    """The two queries of seeds/004 section 4, word for word, say the same over the same rows."""
    ran(cast, *[told("slow", ms=ms) for ms in (4_000, 7_000, 9_000)], told("slow", ok=False, ms=60_000))
    ran(cast, *[told("quick", ms=10)] * 6, told("quick", ok=False, server="notion"))
    ran(cast, told("old", ms=99_000), at=AT - timedelta(days=2))
    with in_tenant(cast.tenant.id), connection.cursor() as cursor:
        found = queries.figures(scope=cast.bo, since=AT - HOUR, until=AT + HOUR)
        cursor.execute(
            "SELECT server_name, tool_name, AVG(execution_time_ms) as avg_ms FROM mcp_telemetry_log WHERE success = true "
            "GROUP BY server_name, tool_name HAVING AVG(execution_time_ms) > 5000 ORDER BY avg_ms DESC"
        )
        slow = [(server, tool, round(avg, 1)) for server, tool, avg in cursor.fetchall() if tool != "old"]
        cursor.execute(
            "SELECT server_name, tool_name, COUNT(*) as total_calls, SUM(CASE WHEN success = false THEN 1 ELSE 0 END) as errors, "
            "ROUND(100.0 * SUM(CASE WHEN success = false THEN 1 ELSE 0 END) / COUNT(*), 2) as error_rate "
            "FROM mcp_telemetry_log GROUP BY server_name, tool_name ORDER BY error_rate DESC"
        )
        rates = [tuple(row) for row in cursor.fetchall() if row[1] != "old"]
    assert [(one.server, one.tool, one.avg_ms) for one in queries.slow(found)] == slow
    by_rate = queries.by_error_rate(found)
    assert [(one.server, one.tool, one.total, one.errors, one.error_rate) for one in by_rate] == rates
    assert [one.error_rate for one in by_rate] == [Decimal("100.00"), Decimal("25.00"), Decimal("0.00")]


@pytest.mark.parametrize(
    ("filter", "expected"),
    [
        ({"server": "notion"}, {"pay"}),
        ({"tool": "audit"}, {"audit"}),
        ({"outcome": "failed"}, {"pay"}),
        ({"outcome": "ok"}, {"audit", "search"}),
        ({"source": "reported"}, {"search"}),
        ({"source": "seen"}, {"audit", "pay"}),
        ({"since": AT + timedelta(minutes=1)}, {"search"}),
        ({"until": AT + timedelta(minutes=1)}, {"audit", "pay"}),
        ({}, {"audit", "pay", "search"}),
    ],
)
def test_calls__each_filter(filter: dict[str, Any], expected: set[str], cast: make.Cast) -> None:
    ran(cast, told(), told("pay", ok=False, server="notion"))
    ran(cast, told("search"), at=make.later(2), reported_by="clay")
    with in_tenant(cast.tenant.id):
        found = queries.calls(scope=cast.bo, filter=CallFilter(**filter))
    assert {one.tool for one in found.lines} == expected


def test_calls__page_by_page__every_row_once(cast: make.Cast) -> None:
    for minute in range(3):
        ran(cast, *[told(f"t{number}") for number in range(7)], at=make.later(minute))
    seen: list[object] = []
    before = None
    with in_tenant(cast.tenant.id):
        while True:
            page = queries.calls(scope=cast.bo, filter=CallFilter(), before=before, limit=4)
            seen += [one.id for one in page.lines]
            before = page.older
            if before is None:
                break
    assert len(seen) == len(set(seen)) == 21


def test_alert__a_tool_that_fails__is_told_once_a_day__too_often_urgently_once_an_hour(cast: make.Cast) -> None:
    at = AT.replace(minute=30)
    ran(cast, *[told("pay", ok=False)] * 3, *[told("pay")] * 5, at=at)
    ran(cast, *[told("audit", ok=False)] * 2, at=at)
    ran(cast, *[told("search", ok=False)] * 3, *[told("search")] * 9, at=at)
    ran(cast, *[told("list")] * 3, at=at)
    for minute in (1, 6):
        alerts.alert(tenant_id=cast.tenant.id, at=at + timedelta(minutes=minute))
    with in_tenant(cast.tenant.id):
        rows = list(Notice.objects.filter(kind=alerts.KIND).values_list("user_id", "subject", "is_urgent"))
    people = {cast.bo.person_id, cast.cy.person_id, cast.tess.person_id}
    tools = (("pay", True), ("audit", False), ("search", False))
    assert sorted(rows) == sorted((one, f"{NAME} · {tool}", is_urgent) for one in people for tool, is_urgent in tools)
    watch((at + timedelta(minutes=31)).isoformat())
    with in_tenant(cast.tenant.id):
        urgent = Notice.objects.filter(kind=alerts.KIND, is_urgent=True)
        assert urgent.count() == 2 * len(people), "a new hour tells again"
        assert Notice.objects.filter(kind=alerts.KIND, is_urgent=False).count() == 2 * len(people), "of the same day"
        assert "3 of 8 calls" in urgent[0].sentence


def test_alert__a_quiet_hour__tells_nobody(cast: make.Cast) -> None:
    ran(cast, *[told("pay", ok=False)] * 9)
    assert alerts.alert(tenant_id=cast.tenant.id, at=AT + timedelta(hours=2)) == 0


def test_long_record__figures_of_a_day_and_lists_go_by_an_index(cast: make.Cast) -> None:
    """As a planner sees 10 million rows: a list walks an index to its limit, a day's figures read that day's rows."""
    with in_tenant(cast.tenant.id), connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO mcp_telemetry_log (id, tenant_id, server_name, tool_name, input_digest, tool_digest, "
            "execution_time_ms, success, timestamp, approved_by, reported_by) "
            "SELECT gen_random_uuid(), %s, 'server-' || n %% 5, 'tool-' || n %% 40, '', '', n %% 900, n %% 50 <> 0, "
            "%s::timestamptz - n * interval '20 seconds', '', '' FROM generate_series(1, 60000) n",
            [cast.tenant.id, AT],
        )
    _analysed("mcp_telemetry_log")
    with in_tenant(cast.tenant.id):
        plans = {
            "newest": _plan(queries.matching(scope=cast.bo, filter=CallFilter())[:51]),
            "tool": _plan(queries.matching(scope=cast.bo, filter=CallFilter(server="server-1", tool="tool-1"))[:51]),
            "failed": _plan(queries.matching(scope=cast.bo, filter=CallFilter(outcome="failed"))[:51]),
        }
        bounds = {"tenant": cast.tenant.id, "since": AT - timedelta(hours=24), "until": AT}
        figures = _plan_of(queries._READ.format(only=""), bounds)
    for name, plan in plans.items():
        assert "Seq Scan" not in plan and "Sort" not in plan and "mcp_telemetry_log_" in plan, (name, plan)
    assert "mcp_telemetry_log_failed" in plans["failed"]
    assert "Seq Scan" not in figures and "mcp_telemetry_log_recent" in figures


def _analysed(table: str) -> None:
    """The owner's work, which autovacuum does in a real database."""
    with owner("owner") as found:
        found.execute(f"VACUUM (ANALYZE) {table}")


def _plan(rows: Any) -> str:
    return _plan_of(*rows.query.sql_with_params())


def _plan_of(statement: str, parameters: Any) -> str:
    with connection.cursor() as cursor:
        cursor.execute(f"EXPLAIN (FORMAT JSON) {statement}", parameters)
        return json.dumps(cursor.fetchone()[0])
