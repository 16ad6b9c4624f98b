"""An agent's money, reports and routes through `tars mcp`."""

from __future__ import annotations

from typing import Any

import pytest

from governance.scope import Capability
from tarsweb.api import document
from tarsweb.mcp.catalogue import BY_NAME
from tarsweb.mcp.schemas import operation
from tests import factories as make
from tests.flows.api.programs import issued
from tests.flows.mcp import servers
from tests.web import client_of

CLAY = "clay-consigliere"


def _agent(cast: make.Cast, *held: Capability) -> str:
    return issued(cast.bo, *held, system=CLAY).secret


def _needs(*names: str) -> None:
    if not all(operation(document(), BY_NAME[name]) for name in names):
        pytest.skip("this server has no such addresses yet")


def _plan(cast: make.Cast, total: str) -> None:
    wish = {"resource_type": "usd_budget", "window_type": "monthly", "total_budget": total}
    answer = client_of(cast.tess).post("/api/v1/plans/", wish, content_type="application/json")
    assert answer.status_code == 200


def test_money__an_agent_reserves_settles_and_gives_back(door: str) -> None:
    _needs("reserve", "settle", "release")
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
    other = did("reserve", **{**wish, "key": "l"})
    assert did("release", hold_id=other["id"], because="Not needed")["state"] == "released"
    short = servers.call(door, secret, "reserve", {**wish, "key": "m", "amounts": {"usd_budget": "500"}})
    assert "ask Tess" in servers.refused(short, "no_money")["detail"]
    for about, code in (({"hold_id": first["id"]}, "hold_closed"), ({"hold_id": "../../tokens"}, "invalid")):
        servers.refused(servers.call(door, secret, "release", about), code)


def test_report__an_agent_tells_of_its_calls(door: str) -> None:
    _needs("report_tool_calls")
    cast = make.cast()
    calls = {"calls": [{"server": "files", "tool": "read", "success": True, "ms": 3}]}
    told = servers.call(door, _agent(cast, Capability.REPORT), "report_tool_calls", calls)
    assert told.structured_content == {"kept": 1}
    servers.refused(servers.call(door, _agent(cast, Capability.ASK), "report_tool_calls", calls), "not_allowed")


def test_route__says_who_would_do_it_and_does_nothing(door: str) -> None:
    _needs("route")
    cast = make.cast()
    found = servers.call(
        door, issued(cast.bo, Capability.REQUEST, Capability.READ_RECORD).secret, "route", {"text": "Run payroll"}
    )
    assert not found.is_error, found
    assert CLAY in str(found.structured_content)
