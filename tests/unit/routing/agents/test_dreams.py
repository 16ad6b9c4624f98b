"""Both agents in mode dream, as processes: they answer what they would answer, and keep and delete nothing."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from routing.connectors.contract import Law, Reply
from routing.connectors.mcp_agent import McpAgent
from routing.connectors.mcp_stdio import StdioServer
from tests.architecture.repository import ROOT
from tests.unit.routing.connectors.calls import Heard, a_call

ENTRY = {"employee_id": "7", "employee_name": "John Doe", "date": "2026-01-27", "amount": "10", "source_file": "a.pdf"}


class Agent:
    def __init__(self, name: str, folder: Path) -> None:
        command = (sys.executable, "-m", f"routing.agents.{name}")
        server = StdioServer(command, ((f"TARS_{name.upper()}_DIR", str(folder)),), cwd=str(ROOT))
        self.agent = McpAgent(owner="test", server=server, allowed_commands=[command])

    def __call__(self, tool: str, law: dict[str, Any] | None = None, *, mode: str = "dream", **input: Any) -> Reply:
        call = a_call(tool=tool, input=input, mode=mode, constitution=Law(law or {}, "1", "sha256:" + "0" * 64))
        return self.agent.call(call, on_progress=Heard())


@pytest.fixture
def payroll(tmp_path: Path) -> Iterator[Agent]:
    made = Agent("payroll", tmp_path)
    yield made
    made.agent.close()


@pytest.fixture
def knowledge(tmp_path: Path) -> Iterator[Agent]:
    made = Agent("knowledge", tmp_path)
    yield made
    made.agent.close()


def kept(folder: Path) -> dict[str, bytes]:
    return {str(path): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_payroll__in_a_dream__says_what_it_would_upload_and_keeps_nothing(payroll: Agent, tmp_path: Path) -> None:
    dream = payroll("upload_payroll_entries", entries=[ENTRY], key="k")
    assert (dream.output["uploaded"], dream.output["simulated"], dream.usage.storage_bytes) == (1, True, None)
    assert kept(tmp_path) == {}
    real = payroll("upload_payroll_entries", mode="direct", entries=[ENTRY], key="k")
    assert real.output == {name: value for name, value in dream.output.items() if name != "simulated"}
    before = kept(tmp_path)
    again = payroll("upload_payroll_entries", entries=[ENTRY], key="k")
    assert again.output["was_there"] and payroll("upload_payroll_entries", entries=[ENTRY] * 2, key="k").is_error
    assert kept(tmp_path) == before


def test_payroll__names_no_number__the_constitution_says_how_near_a_name_must_be(payroll: Agent) -> None:
    unnamed = {**ENTRY, "employee_id": "", "employee_name": "Jon Do", "date": "2026-01-28"}
    near = payroll("audit", {"fuzzy_match_threshold": 0.4}, entries=[ENTRY, unnamed]).output
    assert near["is_clean"] and [(one["entry"], one["employee_id"]) for one in near["matched"]] == [(1, "7")]
    strict = payroll("audit", {"fuzzy_match_threshold": 0.05}, entries=[ENTRY, unnamed]).output
    assert not strict["is_clean"] and "matched" not in strict
    assert payroll("audit", {"fuzzy_match_threshold": "wide"}, entries=[ENTRY, unnamed]).output == near, "0.4 is usual"


def test_payroll__an_upload_of_names__is_known_again_by_what_was_given(payroll: Agent) -> None:
    unnamed = {**ENTRY, "employee_id": "", "employee_name": "Jon Doe", "date": "2026-01-28"}
    for law, uploaded in (({}, 2), ({"fuzzy_match_threshold": 0.2}, 0)):
        done = payroll("upload_payroll_entries", law, mode="direct", entries=[ENTRY, unnamed], key="k")
        assert done.output["uploaded"] == uploaded


def test_knowledge__in_a_dream__writes_and_deletes_nothing(knowledge: Agent, tmp_path: Path) -> None:
    dream = knowledge("create_page", title="Holidays", text="Ten.")
    assert dream.output["simulated"] and kept(tmp_path) == {}
    knowledge("create_page", mode="direct", title="Holidays", text="Ten.")
    before = kept(tmp_path)
    assert knowledge("delete_page", id="holidays").output["simulated"] and kept(tmp_path) == before
    assert knowledge("create_page", title="Holidays", text="Eleven.").is_error
    assert knowledge("delete_page", id="none").is_error
    assert knowledge("handle_request", input={"id": "holidays"}, request="Delete it", action="delete_page").output
    assert kept(tmp_path) == before
