"""Saying how a system is reached: what is refused, what is kept, what the ledger says."""

from __future__ import annotations

from typing import Any

import pytest

from governance.errors import Invalid, NotAllowed, NotFound
from governance.outbound import AddressRefused
from governance.registry.models import System
from governance.tenancy import in_tenant
from routing.connectors import actions, installed, queries
from routing.connectors.models import ConnectorState, ToolState
from tests import factories as make
from tests.db.amendments.desk import at_once
from tests.db.connectors.world import (
    AT,
    NAME,
    SECRET,
    URL,
    again,
    approved,
    connected,
    entries,
    local,
    seen,
    tool,
    tools_of,
    unreachable,
)  # fmt: skip


@pytest.fixture
def cast() -> make.Cast:
    return make.cast()


def test_configure__writes_the_systems_own_columns_too(cast: make.Cast) -> None:
    connector = connected(cast, api_key_required=True)
    with in_tenant(cast.tenant.id):
        system = System.objects.get(name=NAME)
    assert (system.deployment_type, system.endpoint_url, system.api_key_required) == ("fastapi", URL, True)
    assert (connector.kind, connector.target, connector.state) == ("http", URL, ConnectorState.READY)
    (entry,) = entries(cast, "connectors.configure")
    assert entry.subject == NAME and "agents.example.com" in str(bytes(entry.openings))


@pytest.mark.parametrize(
    ("deployment", "kind"),
    [("fastapi", "http"), ("vercel", "http"), ("lambda", "http"), ("n8n", "n8n")],
)
def test_configure__each_deployment_has_its_usual_kind(deployment: str, kind: str, cast: make.Cast) -> None:
    assert connected(cast, deployment_type=deployment).kind == kind


@pytest.mark.parametrize(
    ("wish", "member"),
    [
        ({"deployment_type": "mainframe"}, "/deployment_type"),
        ({"kind": "mcp_stdio"}, "/kind"),
        ({"target": f"{URL}?api_key=abcdef12345"}, "/target"),
        ({"deployment_type": "local", "kind": "mcp_stdio", "target": "rm"}, "/target"),
        ({"deployment_type": "local", "kind": "mcp_stdio", "target": "/bin/sh"}, "/target"),
        ({"deployment_type": "local", "kind": "mcp_stdio", "target": "payroll", "arguments": ["--x"]}, "/arguments"),
        ({"deployment_type": "local", "kind": "callable", "target": "os.system"}, "/target"),
        ({"arguments": ["-v"]}, "/arguments"),
        ({"timeout_ms": 5}, "/timeout_ms"),
        ({"most_at_once": 0}, "/most_at_once"),
        ({"most_bytes": 10**9}, "/most_bytes"),
        ({"entry_tool": " "}, "/entry_tool"),
        ({"maximums": {"usd_budget": "lots"}}, "/maximums"),
    ],
)
def test_configure__what_is_wrong__is_named_and_nothing_is_kept(
    wish: dict[str, Any], member: str, cast: make.Cast
) -> None:
    with pytest.raises(Invalid) as refusal:
        connected(cast, **wish)
    assert [pointer for pointer, _ in refusal.value.problems] == [member]
    assert entries(cast, "connectors.configure") == []


@pytest.mark.parametrize(
    "url", ["http://agents.example.com", "https://127.0.0.1/x", "https://u:p@example.com", "ftp://x"]
)
def test_configure__an_address_that_tars_does_not_call__refused(url: str, cast: make.Cast) -> None:
    with pytest.raises(AddressRefused):
        connected(cast, target=url)


def test_configure__command_of_the_operator__takes_arguments_only_where_it_says_so(
    cast: make.Cast, settings: Any
) -> None:
    settings.AGENT_COMMANDS = {"time": ["/opt/time", "--utc", "*"], "fixed": ["/opt/fixed"]}
    made = connected(cast, deployment_type="local", kind="mcp_stdio", target="time", arguments=["--zone=CET"])
    assert made.arguments == ["--zone=CET"]
    with pytest.raises(Invalid, match="looks like a secret"):
        connected(cast, deployment_type="local", kind="mcp_stdio", target="time", arguments=["--token=abcdefgh123"])
    with pytest.raises(Invalid, match="takes no arguments"):
        connected(cast, deployment_type="local", kind="mcp_stdio", target="fixed", arguments=["x"])


@pytest.mark.parametrize("value", [[], {"x": "sh"}, {"x": []}, {"x": ["sh"]}, {"x": ["/bin/sh", 3]}])
def test_setting__that_is_no_list_of_commands__said_in_a_sentence(value: object) -> None:
    with pytest.raises(ValueError, match="TARS_AGENT_COMMANDS"):
        installed.checked(value)


def test_own_agents__keep_what_they_keep_in_a_folder_of_the_tenant(cast: make.Cast) -> None:
    command = installed.commands()["payroll"]
    (folder,) = installed.environment(command, tenant_id=cast.tenant.id).values()
    assert str(cast.tenant.id) in folder


@pytest.mark.parametrize("name", ["ada", "uma", "sam", "mel"])
def test_configure__without_the_right__refused_and_recorded(name: str, cast: make.Cast) -> None:
    with pytest.raises(NotAllowed):
        actions.configure(scope=getattr(cast, name), system_name=NAME, deployment_type="fastapi", target=URL, at=AT)
    assert len(entries(cast, "connectors.configure")) == 1


def test_every_verb__for_a_stranger__finds_nothing(cast: make.Cast) -> None:
    connected(cast)
    mallory = make.stranger()
    named: dict[str, Any] = {"scope": mallory, "system_name": NAME, "at": AT}
    for act in (
        lambda: actions.configure(deployment_type="fastapi", target=URL, **named),
        lambda: actions.disable(reason="x", **named),
        lambda: actions.enable(**named),
        lambda: actions.look(**named),
        lambda: actions.set_secret(value=SECRET, **named),
        lambda: actions.retire_secret(name="Authorization", version=1, **named),
        lambda: actions.approve_tools(digests=["sha256:" + "0" * 64], **named),
    ):
        with pytest.raises(NotFound):
            act()
    with in_tenant(mallory.tenant_id), pytest.raises(NotFound):
        queries.whole(scope=mallory, system_name=NAME, at=AT)


def test_configure__twice__is_one_connector_and_changes_the_limits_alone(cast: make.Cast) -> None:
    first = local(cast)
    approved(cast, first, tool())
    second = local(cast, timeout_ms=5_000)
    assert (second.id, second.timeout_ms, second.pointed_at) == (first.id, 5_000, first.pointed_at)
    assert tools_of(second) == {ToolState.PINNED: {"handle_request"}}


def test_configure__pointed_elsewhere__tools_and_secrets_are_left_behind(cast: make.Cast) -> None:
    first = local(cast)
    approved(cast, first, tool())
    actions.set_secret(scope=cast.bo, system_name=NAME, name="API_KEY", value=SECRET, at=AT)
    moved = connected(cast, deployment_type="local", kind="mcp_stdio", target="knowledge", at=make.later())
    assert moved.id == first.id and tools_of(moved) == {ToolState.RETIRED: {"handle_request"}}
    with in_tenant(cast.tenant.id):
        (secret,) = moved.secrets.all()
    assert (bytes(secret.sealed), secret.retired_at) == (b"", make.later())
    seen(cast, moved, tool(), at=make.later(2))
    assert tools_of(moved) == {ToolState.QUARANTINED: {"handle_request"}}, "the same definition is approved anew"


def test_configure__two_at_once__one_connector(cast: make.Cast) -> None:
    def configure() -> object:
        return connected(cast)

    outcomes = at_once([configure, configure])
    assert len({one.result.id for one in outcomes}) == 1
    assert len(entries(cast, "connectors.configure")) == 2


def test_disable_and_enable__a_reason_a_second_time_and_the_ledger(cast: make.Cast) -> None:
    connector = connected(cast)
    with pytest.raises(Invalid, match="Say why"):
        actions.disable(scope=cast.bo, system_name=NAME, reason=" ", at=AT)
    actions.disable(scope=cast.bo, system_name=NAME, reason="It answers twice.", at=AT)
    with in_tenant(cast.tenant.id):
        why = unreachable(scope=cast.bo, system_ids=[cast.system.id], at=AT)[cast.system.id]
    assert why.code == "disabled" and "It answers twice." in why.sentence
    with pytest.raises(actions.AlreadySo):
        actions.disable(scope=cast.bo, system_name=NAME, reason="Again.", at=AT)
    actions.enable(scope=cast.bo, system_name=NAME, at=AT)
    with pytest.raises(actions.AlreadySo):
        actions.enable(scope=cast.bo, system_name=NAME, at=AT)
    assert again(connector).state == ConnectorState.READY
    with in_tenant(cast.tenant.id):
        assert unreachable(scope=cast.bo, system_ids=[cast.system.id], at=AT) == {}
    assert [len(entries(cast, f"connectors.{verb}")) for verb in ("disable", "enable")] == [1, 1]


def test_disable__two_at_once__one_of_them(cast: make.Cast) -> None:
    connected(cast)

    def disable() -> object:
        return actions.disable(scope=cast.bo, system_name=NAME, reason="Stop.", at=AT)

    outcomes = at_once([disable, disable])
    assert sum(one.refusal is not None for one in outcomes) == 1
