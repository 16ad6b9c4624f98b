"""An agent's money, reports and routes through `tars mcp`."""

from __future__ import annotations

from typing import Any
from uuid import UUID, uuid4

import anyio
from django.db import connection
from mcp import Client

from governance.scope import Capability
from governance.web import now
from routing.executions import work
from tests import factories as make
from tests.db.routing.executions import desk
from tests.flows.api.programs import issued
from tests.flows.mcp import servers
from tests.web import client_of

CLAY = "clay-consigliere"


def _agent(cast: make.Cast, *held: Capability) -> str:
    return issued(cast.bo, *held, system=CLAY).secret


def _plan(cast: make.Cast, total: str) -> None:
    wish = {"resource_type": "usd_budget", "window_type": "monthly", "total_budget": total}
    answer = client_of(cast.tess).post("/api/v1/plans/", wish, content_type="application/json")
    assert answer.status_code == 200


def test_money__an_agent_reserves_settles_and_gives_back(door: str) -> None:
    cast = make.cast()
    _plan(cast, "100")
    secret = _agent(cast, Capability.SPEND, Capability.READ_RECORD)

    def did(name: str, **arguments: Any) -> Any:
        answer = servers.call(door, secret, name, arguments)
        assert not answer.is_error, answer
        return answer.structured_content

    wish = {"system": CLAY, "key": "k", "amounts": {"usd_budget": "5"}}
    first, again = did("reserve", **wish), did("reserve", **wish)
    assert first["id"] == again["id"]
    assert did("settle", hold_id=first["id"], api_calls=1)["state"] == "settled"
    of_two = did("reserve", **{**wish, "key": "two"})
    models = [{"model": name, "input_tokens": 1, "output_tokens": 2} for name in ("big", "small")]
    assert did("settle", hold_id=of_two["id"], models=models)["actual"]["llm_tokens"] == "6"
    other = did("reserve", **{**wish, "key": "l"})
    assert did("release", hold_id=other["id"], because="Not needed")["state"] == "released"
    short = servers.call(door, secret, "reserve", {**wish, "key": "m", "amounts": {"usd_budget": "500"}})
    assert "ask Tess" in servers.refused(short, "no_money")["detail"]
    for about, code in (({"hold_id": first["id"]}, "hold_closed"), ({"hold_id": "../../tokens"}, "invalid")):
        servers.refused(servers.call(door, secret, "release", about), code)


def test_report__an_agent_tells_of_its_calls(door: str) -> None:
    cast = make.cast()
    calls = {"calls": [{"server": "files", "tool": "read", "success": True, "ms": 3}]}
    told = servers.call(door, _agent(cast, Capability.REPORT), "report_tool_calls", calls)
    assert told.structured_content == {"kept": 1}
    servers.refused(servers.call(door, _agent(cast, Capability.ASK), "report_tool_calls", calls), "not_allowed")


def test_route__says_who_would_do_it_and_does_nothing(door: str) -> None:
    cast = make.cast()
    found = servers.call(
        door, issued(cast.bo, Capability.REQUEST, Capability.READ_RECORD).secret, "route", {"text": "Run payroll"}
    )
    assert not found.is_error, found
    assert CLAY in str(found.structured_content)


def test_work__an_agent_hands_in_and_follows_to_the_answer__over_both_doors(door: str, server: str) -> None:
    cast = make.cast()
    desk.agent(cast, "payroll")
    secret = _agent(cast, Capability.REQUEST)

    async def story(client: Client) -> None:
        async def did(name: str, **arguments: Any) -> Any:
            answer = await client.call_tool(name, arguments)
            assert not answer.is_error, answer
            return answer.structured_content

        wish = {"text": "Run payroll", "system": "payroll", "idempotency_key": str(uuid4())}
        made, again = await did("handle_request", **wish), await did("handle_request", **wish)
        assert made["id"] == again["id"]
        assert (await did("follow_request", execution_id=made["id"]))["stage"] == "received"
        await anyio.to_thread.run_sync(lambda: _worked(cast, made["id"]))
        told = await client.call_tool("follow_request", {"execution_id": made["id"]})
        found = told.structured_content
        assert (found["status"], found["answer"]) == ("success", {"done": "payroll"})
        assert told.content[0].text.startswith("payroll answered.")
        servers.refused(await client.call_tool("follow_request", {"execution_id": str(uuid4())}), "not_found")

    async def over_http() -> None:
        async with servers.http(door, secret) as client:
            await story(client)

    async def over_stdio() -> None:
        async with servers.stdio(server, secret) as client:
            await story(client)

    servers.run_to_end(over_http)
    servers.run_to_end(over_stdio)


def test_work__without_the_right_or_of_another_tenant__is_refused(door: str) -> None:
    cast = make.cast()
    wish = {"text": "Run payroll"}
    servers.refused(servers.call(door, _agent(cast, Capability.ASK), "handle_request", wish), "not_allowed")
    made = servers.call(door, _agent(cast, Capability.REQUEST), "handle_request", wish).structured_content
    elsewhere = issued(make.stranger(), Capability.READ_RECORD).secret
    servers.refused(servers.call(door, elsewhere, "follow_request", {"execution_id": made["id"]}), "not_found")


def _worked(cast: make.Cast, id: str) -> None:
    """A turn of the runner."""
    try:
        work.advance(tenant_id=cast.tenant.id, request_id=UUID(id), clock=now)
    finally:
        connection.close()
