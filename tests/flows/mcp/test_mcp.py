"""An agent at the doors of `tars mcp`, with the official client: the same verbs, refusals and records as over REST."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

import anyio
import httpx2
import pytest
from mcp import Client
from mcp.shared.exceptions import MCPError

from governance.ledger.models import LedgerEntry
from governance.rulebook.models import StoredVerdict
from governance.scope import Capability
from governance.tenancy import in_tenant
from governance.tokens.actions import revoke_token
from governance.web import now
from tarsweb.mcp.catalogue import ENTRIES
from tests import factories as make
from tests.flows.api.programs import issued
from tests.flows.mcp import servers
from tests.flows.mcp.servers import refused

HELD = (Capability.READ_RECORD, Capability.PROPOSE, Capability.ASK)
CLAY = "clay-consigliere"
SESSION = "session-123"


def agent(cast: make.Cast, *held: Capability) -> str:
    return issued(cast.bo, *(held or HELD), system=CLAY).secret


def person(cast: make.Cast, *held: Capability) -> str:
    return issued(cast.bo, *(held or HELD)).secret


def over_http(door: str, secret: str, work: Callable[[Client], Awaitable[Any]], **options: Any) -> Any:
    async def run() -> Any:
        async with servers.http(door, secret, **options) as client:
            return await work(client)

    return servers.run_to_end(run)


def over_stdio(server: str, secret: str, work: Callable[[Client], Awaitable[Any]]) -> Any:
    async def run() -> Any:
        async with servers.stdio(server, secret) as client:
            return await work(client)

    return servers.run_to_end(run)


def asked(door: str, secret: str, name: str, **arguments: Any) -> Any:
    return servers.call(door, secret, name, arguments)


def rows(cast: make.Cast) -> tuple[int, int]:
    with in_tenant(cast.tenant.id):
        own = {"tenant_id": cast.tenant.id}
        return LedgerEntry.objects.filter(**own).count(), StoredVerdict.objects.filter(**own).count()


def proposal(**options: Any) -> dict[str, Any]:
    return {
        "system": CLAY,
        "amendment_type": "manual_update",
        "patch": [{"op": "replace", "path": "/fallback_delay_ms", "value": 200}],
        "evidence": make.EVIDENCE["manual_update"],
        "base_version": 1,
        **options,
    }


def test_tools__each_has_an_address_of_this_server(door: str) -> None:
    listed = over_http(door, person(make.cast()), lambda client: client.list_tools()).tools
    assert [tool.name for tool in listed] == [entry.name for entry in ENTRIES]
    for tool in listed:
        assert tool.description
        assert tool.input_schema["additionalProperties"] is False
        assert tool.output_schema["type"] == "object"
    decide = next(tool for tool in listed if tool.name == "decide")
    assert set(decide.input_schema["required"]) == {"system", "action"}


@pytest.mark.parametrize("mode", ["auto", "legacy"])
def test_decide__over_http__is_the_verdict_of_the_product(door: str, mode: str) -> None:
    cast = make.cast()
    before = rows(cast)
    question = {"system": CLAY, "action": "upload_payroll_entries", "facts": {"amount": 3}}
    answer = over_http(door, agent(cast), lambda client: client.call_tool("decide", question), mode=mode)
    assert answer.structured_content["outcome"] == "require_approval"
    assert answer.content[0].text.startswith(answer.structured_content["sentence"])
    after = rows(cast)
    assert after[1] == before[1] + 1
    with in_tenant(cast.tenant.id):
        kept = StoredVerdict.objects.get(id=answer.structured_content["id"])
        assert kept.digest == answer.structured_content["digest"]


def test_every_tool__over_stdio__does_what_its_verb_does(server: str) -> None:
    cast = make.cast()

    async def work(client: Client) -> None:
        assert {"decide", "get_estop_state"} <= {tool.name for tool in (await client.list_tools()).tools}

        async def did(name: str, **arguments: Any) -> Any:
            answer = await client.call_tool(name, arguments)
            assert not answer.is_error, answer
            return answer.structured_content

        assert (await did("get_constitution", system=CLAY))["constitution"] == make.CLAY
        made = await did("propose_amendment", **proposal(idempotency_key="nightly"))
        assert (await did("propose_amendment", **proposal(idempotency_key="nightly")))["id"] == made["id"] == "AMD-1"
        assert (await did("update_session_rules", session=SESSION, rule="no external API calls"))["is_new"]
        assert (await did("list_session_rules", session=SESSION, peek="true"))["total"] == 1
        assert (await did("reset_session_rules", session=SESSION))["total"] == 0
        assert (await did("get_drift_state", system=CLAY))["state"] == "NORMAL"
        assert (await did("get_estop_state"))["results"] == []
        assert (await did("decide", system=CLAY, action="payroll", session=SESSION))["system"] == CLAY

    over_stdio(server, person(cast, *HELD, Capability.ROLL_BACK), work)


def test_agent__asks_about_another_or_loosens__is_refused(door: str) -> None:
    cast = make.cast()
    secret = agent(cast)
    refused(asked(door, secret, "decide", system="other", action="payroll"), "not_allowed")
    assert asked(door, secret, "update_session_rules", session=SESSION, rule="no deletes").is_error is False
    refused(asked(door, secret, "reset_session_rules", session=SESSION), "not_allowed")
    refused(asked(door, agent(cast, Capability.READ_RECORD), "decide", system=CLAY, action="payroll"), "not_allowed")
    assert rows(cast)[1] == 0


def test_stranger__reads_nothing_of_another_tenant(door: str) -> None:
    cast = make.cast()
    elsewhere = issued(make.stranger(), *HELD).secret
    refused(asked(door, elsewhere, "get_constitution", system=CLAY), "not_found")
    assert asked(door, elsewhere, "decide", system=CLAY, action="payroll").structured_content["outcome"] == "deny"
    assert rows(cast)[1] == 0


def test_wrong_token__is_refused_at_both_doors(door: str, server: str) -> None:
    wrong = "tars_00000000_nothing"

    async def work(client: Client) -> None:
        refused(await client.call_tool("get_estop_state", {}), "bad_token")

    over_stdio(server, wrong, work)
    for headers in ({}, {"Authorization": f"Bearer {wrong}"}, {"Authorization": "Bearer a b"}):
        answer = httpx2.post(door, json={}, headers=headers)
        assert answer.status_code == 401
        assert answer.headers["WWW-Authenticate"].startswith("Bearer")
        assert answer.json()["code"] in {"token_missing", "bad_token"}


@pytest.mark.parametrize("headers", [{"Host": "evil.example"}, {"Origin": "https://evil.example"}])
def test_foreign_page__with_a_token__is_not_answered(door: str, headers: dict[str, str]) -> None:
    sent = {"Authorization": f"Bearer {person(make.cast())}", "Accept": "application/json, text/event-stream"}
    ping = {"jsonrpc": "2.0", "id": 1, "method": "tools/list"}
    assert httpx2.post(door, json=ping, headers=sent).status_code == 200
    assert httpx2.post(door, json=ping, headers={**sent, **headers}).status_code in {403, 421}


def test_session__is_none_that_could_be_taken_over(door: str) -> None:
    sent = {"Authorization": f"Bearer {person(make.cast())}", "Accept": "application/json, text/event-stream"}
    ping = {"jsonrpc": "2.0", "id": 1, "method": "tools/list"}
    answer = httpx2.post(door, json=ping, headers={**sent, "Mcp-Session-Id": "chosen-by-somebody"})
    assert "mcp-session-id" not in answer.headers


@pytest.mark.parametrize(
    ("name", "arguments", "code"),
    [
        ("decide", {"system": CLAY}, "invalid"),
        ("decide", {"system": CLAY, "action": "x", "facts": [1]}, "invalid"),
        ("decide", {"system": CLAY, "action": "x", "more": 1}, "invalid"),
        ("get_constitution", {}, "invalid"),
        ("get_constitution", {"system": ".."}, "invalid"),
        ("get_constitution", {"system": 7}, "invalid"),
        ("get_drift_state", {"system": CLAY, "more": {"a": 1}}, "invalid"),
        ("get_constitution", {"system": "no-such"}, "not_found"),
        ("update_session_rules", {"session": "s", "rule": "x", "idempotency_key": "ä"}, "invalid"),
    ],
)
def test_malformed__is_a_refusal_that_says_what(door: str, name: str, arguments: dict[str, Any], code: str) -> None:
    refused(asked(door, person(make.cast()), name, **arguments), code)


def test_unknown_tool__is_a_protocol_error(door: str) -> None:
    async def work(client: Client) -> None:
        with pytest.raises(MCPError, match="There is no tool"):
            await client.call_tool("drop_everything", {})

    over_http(door, person(make.cast()), work)


def test_rate__is_that_of_the_api(door: str, settings: Any) -> None:
    secret = person(make.cast())
    assert not asked(door, secret, "get_estop_state").is_error
    settings.API_RATE = 1
    assert "Go on in" in refused(asked(door, secret, "get_estop_state"), "throttled")["detail"]


def test_big_input__is_refused_at_both_doors(door: str, server: str) -> None:
    cast = make.cast()
    big = {"system": CLAY, "action": "payroll", "facts": {"x": "y" * 7_000_000}}

    async def work(client: Client) -> None:
        refused(await client.call_tool("decide", big), "too_large")
        assert not (await client.call_tool("get_estop_state", {})).is_error

    over_stdio(server, person(cast), work)
    sent = {"Authorization": f"Bearer {person(cast)}", "Accept": "application/json, text/event-stream"}
    call = {"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": {"name": "decide", "arguments": big}}
    assert httpx2.post(door, json=call, headers=sent).status_code == 413
    assert rows(cast)[1] == 0


def test_many_at_once__two_tenants__each_gets_its_own(door: str) -> None:
    casts = [make.cast(), make.cast()]
    secrets = [agent(cast) for cast in casts]

    async def run() -> None:
        async def ask(secret: str) -> None:
            async with servers.http(door, secret) as client:
                for _ in range(5):
                    answer = await client.call_tool("decide", {"system": CLAY, "action": "payroll"})
                    assert not answer.is_error

        async with anyio.create_task_group() as group:
            for secret in secrets * 3:
                group.start_soon(ask, secret)

    servers.run_to_end(run)
    assert [rows(cast)[1] for cast in casts] == [15, 15]


def test_revoked_token__is_refused_at_the_next_call(door: str) -> None:
    cast = make.cast()
    token = issued(cast.bo, *HELD)
    assert not asked(door, token.secret, "get_estop_state").is_error
    revoke_token(scope=cast.bo, token_id=token.token.id, because="It leaked", at=now())
    refused(asked(door, token.secret, "get_estop_state"), "bad_token")


def test_no_server__is_said_with_an_id_and_no_trace(door: str) -> None:
    async def work(client: Client) -> None:
        problem = refused(await client.call_tool("get_estop_state", {}), "unreachable")
        assert problem["request_id"] in problem["detail"]

    over_stdio("http://127.0.0.1:9", "tars_00000000_x", work)
