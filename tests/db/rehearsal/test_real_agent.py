"""TARS's own payroll agent, in a process of its own, asked again under a law that is not in force."""

from __future__ import annotations

from typing import Any

import pytest

from governance.tenancy import in_tenant
from routing.connectors.actions import configure
from routing.connectors.queries import whole
from routing.executions.models import Execution
from tests import factories as make
from tests.db.rehearsal import stand
from tests.db.routing.executions import desk

ENTRY: dict[str, Any] = {
    "employee_id": "7",
    "employee_name": "John Doe",
    "date": "2026-01-27",
    "amount": "10",
    "source_file": "a.pdf",
}
UNNAMED = {**ENTRY, "employee_id": "", "employee_name": "Jon Doe", "date": "2026-01-28"}


@pytest.fixture
def cast() -> make.Cast:
    made = make.cast()
    desk.payroll(made)
    return made


def simulates(cast: make.Cast) -> None:
    configure(
        scope=cast.bo,
        system_name="domicile",
        deployment_type="local",
        kind="mcp_stdio",
        target="payroll",
        may_repeat=True,
        simulates_dreams=True,
        at=make.later(2),
    )


def test_a_tool_that_reads__is_called__and_a_mutated_threshold_matters_to_the_agent(cast: make.Cast) -> None:
    strict = {"fuzzy_match_threshold": 0.0}
    stage = stand.stage(cast, "domicile", strict=strict)
    one = stand.asked("Audit the payroll", system="domicile", action="audit", input={"entries": [ENTRY, UNNAMED]})
    normal, dream = stand.ran(stage, one), stand.ran(stage, one, "strict")
    assert (normal.status, normal.hops[0].tool, normal.is_simulated) == ("completed", "audit", False)
    assert normal.output["is_clean"] and not dream.output["is_clean"] and normal.output_digest != dream.output_digest
    assert normal.usage["api_calls"] == 0


def test_a_tool_that_writes__is_refused__and_simulated_once_the_connector_says_so(cast: make.Cast) -> None:
    one = stand.asked(
        "Upload payroll", system="domicile", action="upload_payroll_entries", input={"entries": [ENTRY], "key": "k"}
    )
    refused = stand.ran(stand.stage(cast, "domicile"), one)
    assert (refused.status, refused.hops[0].outcome) == ("refused", "refused")
    assert refused.why == "upload_payroll_entries writes, and domicile does not say that it simulates in dreams."
    simulates(cast)
    for _ in range(2):
        found = stand.ran(stand.stage(cast, "domicile"), one)
        assert (found.status, found.is_simulated, found.output["simulated"]) == ("completed", True, True)
        assert found.output["uploaded"] == 1 and not found.output["was_there"]
    assert done(cast, one).output_data["uploaded"] == 1, "nothing was uploaded by the dreams"


def done(cast: make.Cast, one: stand.Recorded) -> Execution:
    return desk.done(cast.mel, one.text, system=one.system, action=one.action, input=one.input)


def test_simulates_dreams__is_said_on_the_connector_and_in_the_ledger(cast: make.Cast) -> None:
    with in_tenant(cast.tenant.id):
        assert not whole(scope=cast.bo, system_name="domicile", at=make.AT).settings["simulates_dreams"]
    simulates(cast)
    with in_tenant(cast.tenant.id):
        found = whole(scope=cast.bo, system_name="domicile", at=make.AT)
    assert found.settings["simulates_dreams"] and len(found.pinned) == 3, "its tools stay approved"
    (_, entry) = stand.connectors.entries(cast, "connectors.configure")[-2:]
    assert "simulates_dreams" in str(
        bytes(entry.openings) if not isinstance(entry.openings, dict | str) else entry.openings
    )
