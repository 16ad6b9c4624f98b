"""Model Context Protocol servers as processes: ours, and every bad one we could think of."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from typing import Any

import psutil
import pytest

from governance.errors import Invalid
from routing.connectors.contract import (
    AgentAddressRefused,
    AgentError,
    AnsweredNonsense,
    AnsweredTooMuch,
    Reply,
    TimedOut,
    ToolChanged,
    Unreachable,
)
from routing.connectors.mcp_agent import McpAgent
from routing.connectors.mcp_pool import MOST_IDLE, pool
from routing.connectors.mcp_stdio import StdioServer
from tests.architecture.repository import ROOT
from tests.unit.routing.connectors.calls import Heard, a_call

ODD = str(Path(__file__).with_name("odd_server.py"))
Odd = Callable[..., McpAgent]


@pytest.fixture
def odd() -> Iterator[Odd]:
    """Makes agents over the odd server; their sessions end with the test."""
    made: list[McpAgent] = []

    def make(way: str, *more: str, env: tuple[tuple[str, str], ...] = (), **changes: Any) -> McpAgent:
        server = StdioServer((sys.executable, ODD, way, *more), env)
        made.append(McpAgent(owner="test", server=server, allowed_commands=[(sys.executable, ODD)], **changes))
        return made[-1]

    yield make
    for agent in made:
        agent.close()


def work(agent: McpAgent, *, heard: Heard | None = None, **changes: Any) -> Reply:
    return agent.call(a_call(tool="work", input={}, **changes), on_progress=heard or Heard())


def processes_of(agent: McpAgent) -> list[psutil.Process]:
    assert isinstance(agent.server, StdioServer)
    found = []
    for child in psutil.Process().children():
        with suppress(psutil.NoSuchProcess):
            if child.cmdline() == list(agent.server.command):
                found.append(child)
    return found


def eventually(check: Callable[[], bool], *, seconds: float = 10) -> bool:
    ends = time.monotonic() + seconds
    while not check() and time.monotonic() < ends:
        time.sleep(0.02)
    return check()


# -- the good road


def test_call__payroll_agent__tells_progress_usage_and_result(tmp_path: Path) -> None:
    command = (sys.executable, "-m", "routing.agents.payroll")
    server = StdioServer(command, (("TARS_PAYROLL_DIR", str(tmp_path)),), cwd=str(ROOT))
    agent, heard = McpAgent(owner="test", server=server, allowed_commands=[command]), Heard()
    entry = {"employee_id": "7", "date": "2026-01-27", "amount": "4250.00", "source_file": "a.pdf", "state": "CA"}
    reply = agent.call(a_call(tool="upload_payroll_entries", input={"entries": [entry], "key": "k"}), on_progress=heard)
    assert (reply.is_error, reply.output["uploaded"], reply.output["total"]) == (False, 1, "4250.00")
    assert [percent for percent, _ in heard.told] == [0, 50, 100]
    assert reply.usage.api_calls == 0 and reply.usage.compute_seconds is not None and not reply.usage.tokens_in
    assert [(one.server, one.tool, one.is_success) for one in reply.tool_calls] == [
        ("domicile-governance", "upload_payroll_entries", True)
    ]
    by_words = agent.call(a_call(action="unknown", input=None), on_progress=heard)
    assert by_words.output["entries"] == 1, "the entry tool audits what was uploaded"
    assert {tool.name for tool in agent.tools()} == {"audit", "upload_payroll_entries", "handle_request"}
    agent.close()


def test_call__twice__one_process(odd: Odd) -> None:
    agent = odd("good")
    assert work(agent).output == work(agent).output


def test_call__two_at_once__a_process_each(odd: Odd) -> None:
    agent = odd("good")
    with ThreadPoolExecutor(MOST_IDLE + 4) as threads:
        said = list(threads.map(lambda _: work(agent).output, range(30)))
    assert all(one.startswith("done by") for one in said)
    assert eventually(lambda: len(processes_of(agent)) <= MOST_IDLE)


def test_sessions__other_owner__are_not_shared(odd: Odd) -> None:
    agent = odd("good")
    stranger = McpAgent(owner="other", server=agent.server, allowed_commands=agent.allowed_commands)
    assert work(agent).output != work(stranger).output
    stranger.close()


def test_close__ends_the_processes(odd: Odd) -> None:
    agent = odd("good")
    work(agent)
    assert len(processes_of(agent)) == 1
    agent.close()
    assert eventually(lambda: processes_of(agent) == [])
    assert work(agent).output.startswith("done by"), "and the next call begins anew"


def test_idle__for_a_while__is_closed(odd: Odd, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pool(), "idle_seconds", 0.05)
    agent = odd("good")
    work(agent)
    assert eventually(lambda: processes_of(agent) == [])


def test_tools__over_pages__are_all_there(odd: Odd) -> None:
    assert [tool.name for tool in odd("pages").tools()] == ["work", "work1", "work2", "work3", "work4"]


def test_environment__holds_what_was_stated_and_no_more() -> None:
    program = "import os, sys; sys.exit(' '.join(sorted(os.environ)))"
    command = (sys.executable, "-c", program)
    server = StdioServer(command, (("LC_CTYPE", "C.UTF-8"), ("STATED", "1")))
    agent = McpAgent(owner="test", server=server, allowed_commands=[command])
    with pytest.raises(Unreachable, match=r"It said: LC_CTYPE STATED$") as caught:
        agent.tools()
    assert caught.value.may_have_run is False


# -- commands


@pytest.mark.parametrize("command", [(), ("python3", ODD, "good"), (sys.executable, "-c", "1"), ("/bin/sh", ODD)])
def test_command__not_allowed__is_not_started(command: tuple[str, ...]) -> None:
    agent = McpAgent(owner="test", server=StdioServer(command), allowed_commands=[(sys.executable, ODD), ()])
    with pytest.raises(AgentAddressRefused):
        work(agent)


def test_command__missing_file__says_so() -> None:
    agent = McpAgent(owner="test", server=StdioServer(("/no/such/agent",)), allowed_commands=[("/no/such/agent",)])
    with pytest.raises(Unreachable, match="could not be started") as caught:
        work(agent)
    assert caught.value.may_have_run is False


# -- the bad roads


@pytest.mark.parametrize(
    ("way", "error", "words"),
    [
        ("huge", AnsweredTooMuch, "more than 1,048,576 bytes"),
        ("endless_line", AnsweredTooMuch, "more than"),
        ("garbage", AnsweredNonsense, "no messages"),
        ("not_a_number", AnsweredNonsense, "cannot be kept"),
        ("broken_promise", AnsweredNonsense, "protocol"),
        ("doubles", AnsweredNonsense, "two tools of one name"),
        ("endless", AnsweredTooMuch, "never ends"),
        ("no_server", Unreachable, "usage: no_server"),
    ],
)
def test_call__odd_server__is_a_named_error(odd: Odd, way: str, error: type[AgentError], words: str) -> None:
    agent = odd(way)
    with pytest.raises(error, match=words):
        work(agent, seconds=8)
    if way not in {"doubles", "endless", "not_a_number"}:
        assert eventually(lambda: processes_of(agent) == []), "nothing of it is left"


def test_call__server_dies__says_why_without_secrets(odd: Odd) -> None:
    with pytest.raises(Unreachable, match="ended with 1") as caught:
        work(odd("dies", env=(("API_KEY", "s3cr3t-key"),)))
    assert "cannot reach the bank" in caught.value.sentence and caught.value.may_have_run
    assert "s3cr3t" not in caught.value.sentence and "hunter22" not in caught.value.sentence


def test_call__stuck_server__is_killed_with_its_children(odd: Odd, tmp_path: Path) -> None:
    agent, started = odd("stuck", str(tmp_path / "pids")), time.monotonic()
    with pytest.raises(TimedOut) as caught:
        work(agent, seconds=1)
    assert time.monotonic() - started < 4 and caught.value.may_have_run
    pids = [int(one) for one in (tmp_path / "pids").read_text().split()]
    assert len(pids) == 2 and eventually(lambda: not any(_runs(pid) for pid in pids))


def test_call__silent_from_the_start__times_out_before_anything_ran(odd: Odd) -> None:
    with pytest.raises(TimedOut) as caught:
        work(odd("silent"), seconds=0.5)
    assert caught.value.may_have_run is False


def test_call__deaf_server__is_killed_at_the_deadline(odd: Odd) -> None:
    agent, started = odd("deaf"), time.monotonic()
    with pytest.raises(TimedOut) as caught:
        agent.call(a_call(tool="work", input={"text": "x" * 900_000}, seconds=1), on_progress=Heard())
    assert time.monotonic() - started < 4 and caught.value.may_have_run
    assert eventually(lambda: processes_of(agent) == [])


@pytest.mark.parametrize("changes", [{"input": {"n": 2**60}}, {"budget": {"usd_budget": "much"}}])
def test_call__that_no_agent_should_see__is_not_sent(odd: Odd, changes: dict[str, Any]) -> None:
    agent = odd("good")
    with pytest.raises(Invalid):
        agent.call(a_call(tool="work", **changes), on_progress=Heard())
    assert processes_of(agent) == []


def test_call__deadline_is_over__is_not_even_started(odd: Odd) -> None:
    agent = odd("good")
    with pytest.raises(TimedOut):
        work(agent, seconds=-1)
    assert processes_of(agent) == []


def test_call__progress_refuses__ends_the_call_and_the_process(odd: Odd) -> None:
    def stop(percent: int, _sentence: str) -> None:
        assert percent == 25
        raise InterruptedError

    agent = odd("reports")
    with pytest.raises(InterruptedError):
        agent.call(a_call(tool="work", input={}), on_progress=stop)
    assert eventually(lambda: processes_of(agent) == [])


def test_call__dead_session__is_replaced(odd: Odd) -> None:
    agent = odd("dies_afterwards")
    first = work(agent).output
    assert eventually(lambda: not any(session.key == agent._key for session in pool().live))
    assert work(agent).output != first


def test_call__killed_session__is_replaced(odd: Odd) -> None:
    agent = odd("good")
    work(agent)
    (process,) = processes_of(agent)
    process.kill()
    assert eventually(lambda: not any(session.key == agent._key for session in pool().live))
    assert work(agent).output.startswith("done by")


def test_call__tool_says_it_failed__is_a_failure_and_the_session_stays(odd: Odd) -> None:
    agent = odd("says_it_failed", env=(("API_KEY", "s3cr3t-key"),))
    replies = [work(agent), work(agent)]
    assert [(reply.is_error, reply.error, reply.tool_calls[0].is_success) for reply in replies] == [
        (True, "The bank is closed to [hidden].", False)
    ] * 2
    assert len(processes_of(agent)) == 1


def test_call__protocol_error__is_a_failure(odd: Odd) -> None:
    reply = work(odd("protocol_error"))
    assert (reply.is_error, reply.error) == (True, "Unknown tool: work")


def test_call__banner_on_standard_output__is_overlooked(odd: Odd) -> None:
    assert work(odd("noise")).output == "done"


def test_call__server_asks_for_a_model__gets_none(odd: Odd) -> None:
    assert work(odd("asks_back")).output == "refused: True"


# -- pinned definitions


def test_pinned__same_definition__is_called(odd: Odd) -> None:
    digests = {tool.name: tool.digest for tool in odd("good").tools()}
    assert not work(odd("good", pinned=digests)).is_error


def test_pinned__changed_or_new__is_not_called(odd: Odd) -> None:
    with pytest.raises(ToolChanged, match="not the one that was approved"):
        work(odd("good", pinned={"work": "sha256:0"}))
    with pytest.raises(ToolChanged, match="never approved") as caught:
        work(odd("good", pinned={}))
    assert caught.value.may_have_run is False


def test_pinned__server_changes_its_mind_in_the_session__is_noticed(odd: Odd) -> None:
    digests = {tool.name: tool.digest for tool in odd("good").tools()}
    agent = odd("turncoat", pinned=digests)
    assert work(agent).output == "done"
    with pytest.raises(ToolChanged):
        work(agent)


def test_exit__of_this_process__leaves_no_server_behind(tmp_path: Path) -> None:
    program = f"""
import os
from django.conf import settings
settings.configure(OUTBOUND_ALLOW=[])
from routing.connectors.contract import TimedOut
from tests.unit.routing.connectors.test_mcp_stdio import *
command = ({sys.executable!r}, {ODD!r}, "good")
agent = McpAgent(owner="x", server=StdioServer(command), allowed_commands=[command])
print(work(agent).output.split()[-1], flush=True)
if len(sys.argv) > 1:
    import multiprocessing
    def child():
        print(work(agent).output.split()[-1], flush=True)
    process = multiprocessing.get_context("fork").Process(target=child)
    process.start(); process.join()
"""
    done = subprocess.run([sys.executable, "-c", program, "fork"], cwd=ROOT, capture_output=True, text=True, check=True)
    pids = [int(one) for one in done.stdout.split()]
    assert len(set(pids)) == 2 and eventually(lambda: not any(_runs(pid) for pid in pids))


def test_fork__child_has_a_pool_of_its_own(odd: Odd) -> None:
    agent = odd("good")
    parents = work(agent).output
    reads, writes = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            os.write(writes, work(agent).output.encode())
        finally:
            os._exit(0)
    os.close(writes)
    with os.fdopen(reads) as said:
        assert said.read().startswith("done by")
    os.waitpid(child, 0)
    assert work(agent).output == parents


def _runs(pid: int) -> bool:
    return psutil.pid_exists(pid) and psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
