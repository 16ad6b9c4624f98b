"""Model Context Protocol over streamable HTTP: our agent, and servers that misbehave."""

from __future__ import annotations

import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Event
from typing import Any

import pytest

from routing.connectors.contract import (
    AgentAddressRefused,
    AgentError,
    AnsweredNonsense,
    AnsweredTooMuch,
    Reply,
    TimedOut,
    Unreachable,
)
from routing.connectors.mcp_agent import McpAgent
from routing.connectors.mcp_http import HttpServer
from tests.receiver import Receiver, receiver
from tests.unit.routing.connectors.calls import Heard, a_call
from tests.unit.routing.connectors.served import agent_over_http, free_port

KNOWLEDGE = "routing.agents.knowledge"


@pytest.fixture(autouse=True)
def here(settings: Any) -> None:
    settings.OUTBOUND_ALLOW = ["127.0.0.1"]


@pytest.fixture
def server() -> Iterator[Receiver]:
    with receiver() as found:
        yield found


def asked(url: str, *, seconds: float = 10, headers: tuple[tuple[str, str], ...] = (), **changes: Any) -> Reply:
    agent = McpAgent(owner="test", server=HttpServer(url, headers))
    try:
        return agent.call(a_call(seconds=seconds, **changes), on_progress=Heard())
    finally:
        agent.close()


def test_call__knowledge_agent__tells_progress_usage_and_result(tmp_path: Path) -> None:
    with agent_over_http(KNOWLEDGE, env={"TARS_KNOWLEDGE_DIR": str(tmp_path)}) as url:
        agent, heard = McpAgent(owner="test", server=HttpServer(url)), Heard()
        page = {"title": "Overtime in Ohio", "text": "Overtime is paid after 40 hours."}
        made = agent.call(a_call(action="create_page", input=page), on_progress=heard)
        assert made.output == {"id": "overtime-in-ohio", "title": "Overtime in Ohio", "was_there": False}
        assert heard.told == [(0, "Writing"), (100, "Written")]
        assert made.usage.storage_bytes and not made.usage.tokens_in
        found = agent.call(a_call(action="ask", request="When is overtime paid?", input=None), on_progress=heard)
        assert [one["id"] for one in found.output["pages"]] == ["overtime-in-ohio"]
        for words, said in (
            ("Write a page about overtime", "Nothing was written"),
            ("Delete it", "Nothing was put away"),
        ):
            vain = agent.call(a_call(action="handle_request", request=words, input=None), on_progress=heard)
            assert vain.is_partial and vain.output["said"].startswith(said)
        failed = agent.call(a_call(action="delete_page", input={"id": "../../etc/passwd"}), on_progress=heard)
        assert (failed.is_error, failed.error) == (True, "There is no page of this id. Search gives the ids.")
        assert len(agent.tools()) == 4
        agent.close()


def test_call__server_was_restarted__begins_a_new_session(tmp_path: Path) -> None:
    port, env = free_port(), {"TARS_KNOWLEDGE_DIR": str(tmp_path)}
    with agent_over_http(KNOWLEDGE, env=env, port=port) as url:
        agent = McpAgent(owner="restarted", server=HttpServer(url))
        agent.call(a_call(action="search", input={"query": "x"}), on_progress=Heard())
    with pytest.raises(Unreachable) as caught:
        agent.call(a_call(action="search", input={"query": "x"}), on_progress=Heard())
    assert caught.value.may_have_run is False
    with agent_over_http(KNOWLEDGE, env=env, port=port):
        assert not agent.call(a_call(action="search", input={"query": "x"}), on_progress=Heard()).is_error
    agent.close()


def test_call__many_at_once__each_has_its_own_answer(tmp_path: Path) -> None:
    with agent_over_http(KNOWLEDGE, env={"TARS_KNOWLEDGE_DIR": str(tmp_path)}) as url:
        agent = McpAgent(owner="test", server=HttpServer(url))

        def make(number: int) -> str:
            page = {"title": f"Page {number}", "text": "x"}
            reply = agent.call(a_call(action="create_page", input=page), on_progress=Heard())
            return str(reply.output["id"])

        with ThreadPoolExecutor(6) as threads:
            assert list(threads.map(make, range(30))) == [f"page-{number}" for number in range(30)]
        agent.close()


JSON = {"content-type": "application/json"}
STREAM = {"content-type": "text/event-stream"}


@pytest.mark.parametrize(
    ("answer", "error", "words"),
    [
        ((302, {"location": "http://127.0.0.1:22/"}, b""), AnsweredNonsense, "redirect"),
        ((307, {"location": "/mcp/"}, b""), AnsweredNonsense, "redirect"),
        ((200, JSON, b'{"jsonrpc":"2.0","id":1,"result":"' + b"x" * 2_000_000), AnsweredTooMuch, "1,048,576"),
        ((200, STREAM, b"data: " + b"x" * 2_000_000), AnsweredTooMuch, "1,048,576"),
        ((200, JSON, b"<html>"), AnsweredNonsense, "protocol"),
        ((200, {"content-type": "text/html"}, b"<html>"), AnsweredNonsense, "protocol"),
        ((200, JSON | {"content-encoding": "gzip"}, b"\x1f\x8b"), AnsweredNonsense, "compressed"),
        ((500, {}, b"Internal Server Error"), AnsweredNonsense, "500"),
        ((401, {}, b""), AnsweredNonsense, "401"),
        ((404, {}, b""), AnsweredNonsense, "404"),
        ((503, {}, b""), Unreachable, "503"),
        ((202, {}, b""), AnsweredNonsense, "202"),
    ],
)
def test_call__bad_server__is_a_named_error(
    server: Receiver, answer: tuple[int, dict[str, str], bytes], error: type[AgentError], words: str
) -> None:
    server.answers = [answer]
    with pytest.raises(error, match=words) as caught:
        asked(server.url)
    assert caught.value.may_have_run is False, "no tool was called"
    assert {one.path for one in server.got} == {"/"}, "nothing was followed"


def test_call__drips__ends_by_the_deadline(server: Receiver) -> None:
    server.answers, server.drips = [(200, JSON, b"")], Event()
    started = time.monotonic()
    with pytest.raises(TimedOut):
        asked(server.url, seconds=0.5)
    assert time.monotonic() - started < 3


def test_call__nobody_there__has_not_run() -> None:
    with pytest.raises(Unreachable, match="could not be reached") as caught:
        asked(f"http://127.0.0.1:{free_port()}/mcp")
    assert caught.value.may_have_run is False


@pytest.mark.parametrize("url", ["http://example.com/mcp", "https://10.0.0.1/mcp", "https://u:p@x.example/", "stdio"])
def test_call__address_that_tars_does_not_call__is_refused(url: str) -> None:
    with pytest.raises(AgentAddressRefused):
        asked(url)


def test_call__name_of_a_private_address__is_refused_at_the_connection(monkeypatch: pytest.MonkeyPatch) -> None:
    found = [(2, 1, 6, "", ("10.1.2.3", 443))]
    monkeypatch.setattr("governance.outbound.socket.getaddrinfo", lambda *_, **__: found)
    with pytest.raises(AgentAddressRefused, match=r"10\.1\.2\.3"):
        asked("https://inside.example/mcp")


def test_call__headers__are_sent_and_not_shown(server: Receiver) -> None:
    server.says(503)
    with pytest.raises(Unreachable):
        asked(server.url, headers=(("authorization", "Bearer k-123"),))
    assert {one.headers["authorization"] for one in server.got} == {"Bearer k-123"}
    assert {one.headers["accept-encoding"] for one in server.got} == {"identity"}
    assert "k-123" not in repr(McpAgent(owner="x", server=HttpServer("https://x", (("a", "k-123"),))))
