"""TARS as a client of published Model Context Protocol servers: as recorded, and as installed where they are."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from routing.connectors.mcp_agent import McpAgent
from routing.connectors.mcp_stdio import StdioServer
from tests.conformance.cases import HERE, public
from tests.unit.routing.connectors.calls import Heard, a_call

SERVERS = ("everything", "filesystem", "memory", "sequential-thinking", "time", "git", "sqlite", "fetch")


def agent_of(*command: str, env: tuple[tuple[str, str], ...] = ()) -> McpAgent:
    return McpAgent(owner="published", server=StdioServer(command, env), allowed_commands=[command])


# -- recorded


@pytest.mark.parametrize("name", SERVERS)
def test_recorded_server__tools_and_calls__are_what_was_recorded(name: str) -> None:
    path = public("mcp_transcripts.jsonl")
    recorded = next(one for line in path.read_text().splitlines() if (one := json.loads(line))["server"] == name)
    messages = [entry["msg"] for entry in recorded["transcript"]]
    results = {message["id"]: message["result"] for message in messages if "result" in message}
    agent = agent_of(sys.executable, str(HERE / "replay_server.py"), str(path), name)
    listed = next(message["id"] for message in messages if message.get("method") == "tools/list")
    tools = agent.tools()
    assert [tool.name for tool in tools] == [tool["name"] for tool in results[listed]["tools"]]
    assert len({tool.digest for tool in tools}) == len(tools)
    assert [tool.input_schema for tool in tools] == [tool["inputSchema"] for tool in results[listed]["tools"]]
    for message in messages:
        if message.get("method") == "tools/call":
            _compare(agent, message["params"], results[message["id"]])
    agent.close()


def _compare(agent: McpAgent, params: dict[str, Any], result: dict[str, Any]) -> None:
    reply = agent.call(a_call(tool=params["name"], input=params["arguments"]), on_progress=Heard())
    assert reply.is_error is bool(result.get("isError"))
    assert reply.output == result.get("structuredContent", result["content"][0]["text"])


# -- installed: `TARS_MCP_SERVERS` names a folder with node_modules/ of the npm packages and bin/python of the Python ones


def _folder() -> Path:
    named = os.environ.get("TARS_MCP_SERVERS")
    if not named:
        pytest.skip(
            "published servers are not here: set TARS_MCP_SERVERS to a folder with node_modules/ and bin/python"
        )
    return Path(named)


def node(package: str, *more: str, env: tuple[tuple[str, str], ...] = ()) -> McpAgent:
    home = _folder() / "node_modules" / "@modelcontextprotocol" / package
    program = shutil.which("node")
    if program is None or not home.is_dir():
        pytest.skip(f"{package} needs node, and the package in TARS_MCP_SERVERS/node_modules")
    (script,) = json.loads((home / "package.json").read_text())["bin"].values()
    return agent_of(program, str(home / script), *more, env=env)


def python(module: str, *more: str, env: tuple[tuple[str, str], ...] = ()) -> McpAgent:
    program = _folder() / "bin" / "python"
    if not program.exists() or subprocess.run([program, "-c", f"import {module}"], capture_output=True).returncode:
        pytest.skip(f"{module} is not installed for TARS_MCP_SERVERS/bin/python")
    return agent_of(str(program), "-m", module, *more, env=env)


def asked(agent: McpAgent, tool: str, heard: Heard | None = None, **arguments: Any) -> Any:
    reply = agent.call(a_call(tool=tool, input=arguments), on_progress=heard or Heard())
    assert not reply.is_error, reply.error
    return reply.output


def test_everything__echo_progress_structure_and_an_empty_environment() -> None:
    agent, heard = node("server-everything", "stdio"), Heard()
    assert asked(agent, "echo", message="hi") == "Echo: hi"
    assert set(asked(agent, "get-structured-content", location="New York")) == {"temperature", "conditions", "humidity"}
    asked(agent, "trigger-long-running-operation", heard, duration=1, steps=4)
    assert [percent for percent, _ in heard.told] == [25, 50, 75, 100]
    assert json.loads(asked(agent, "get-env")) == {}
    failed = agent.call(a_call(tool="echo", input={"wrong": 1}), on_progress=heard)
    assert failed.is_error and "message" in failed.error
    agent.close()


def test_filesystem__reads_inside_and_fails_outside(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("hello")
    agent = node("server-filesystem", str(tmp_path))
    assert asked(agent, "read_text_file", path=str(tmp_path / "a.txt")) == {"content": "hello"}
    outside = agent.call(a_call(tool="read_text_file", input={"path": "/etc/passwd"}), on_progress=Heard())
    assert outside.is_error and "Access denied" in outside.error
    agent.close()


def test_memory__remembers_across_processes(tmp_path: Path) -> None:
    env = (("MEMORY_FILE_PATH", str(tmp_path / "memory.json")),)
    entity = {"name": "TARS", "entityType": "system", "observations": ["governs"]}
    agent = node("server-memory", env=env)
    asked(agent, "create_entities", entities=[entity])
    agent.close()
    again = node("server-memory", env=env)
    assert asked(again, "read_graph")["entities"] == [entity]
    again.close()


def test_time__converts() -> None:
    agent = python("mcp_server_time", "--local-timezone", "UTC")
    told = asked(agent, "convert_time", source_timezone="UTC", time="12:00", target_timezone="Asia/Tokyo")
    assert "T21:00:00+09:00" in json.dumps(told)
    agent.close()
