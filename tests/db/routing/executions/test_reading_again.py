"""A call whose answer was lost is made again where a person approved a tool that says it only reads."""

from __future__ import annotations

from typing import Any

import pytest

from governance.tenancy import in_tenant
from routing.connectors import actions as connectors
from routing.connectors import calling as agents
from routing.connectors.contract import Reply, ToolDefinition
from routing.connectors.queries import only_reads
from routing.executions.models import ExecutionRequest
from routing.executions.stages import Stage
from tests import factories as make
from tests.db.budgets.money import planned, stand
from tests.db.routing.executions import desk

pytestmark = pytest.mark.usefixtures("database")


class Died(BaseException):
    """What ends a process, and is caught by nobody."""


@pytest.fixture
def cast() -> make.Cast:
    return make.cast()


def _tools(cast: make.Cast, annotations: Any) -> Any:
    """The system payroll, reached by a tool that is described so; Sam approved it."""
    desk.agent(cast, "payroll")
    made = connectors.configure(
        scope=cast.bo,
        system_name="payroll",
        deployment_type="local",
        kind="mcp_stdio",
        target="payroll",
        maximums={"usd_budget": "2"},
        at=make.AT,
    )
    tool = ToolDefinition("audit", "Audits.", {"type": "object"}, annotations=annotations)
    connectors.take_look(
        scope=cast.tars, connector_id=made.id, pointed_at=made.pointed_at, tools=[tool], at=make.later(1)
    )
    connectors.approve_tools(scope=cast.sam, system_name="payroll", digests=[tool.digest], at=make.later(2))
    return made


def _died(cast: make.Cast, monkeypatch: pytest.MonkeyPatch) -> ExecutionRequest:
    """A request whose process died while its agent worked; the next call is answered."""
    answers: list[Any] = [Died(), Reply(output="ok")]

    def call(*_: Any, **__: Any) -> Reply:
        answer = answers.pop(0)
        if isinstance(answer, BaseException):
            raise answer
        return answer  # type: ignore[no-any-return]

    monkeypatch.setattr(agents, "call", call)
    request = desk.asked(cast.mel, "Audit payroll", system="payroll")
    with pytest.raises(Died):
        desk.worked(cast.mel, request)
    assert desk.now(cast.mel, request.id).stage == Stage.CALLING.value
    return request


def test_tool_that_only_reads__is_called_again__and_the_lost_call_is_charged(
    cast: make.Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    planned(cast, "10")
    _tools(cast, {"readOnlyHint": True})
    request = _died(cast, monkeypatch)
    waits = desk.worked(cast.mel, request, at=make.later(10))
    assert waits.stage == Stage.READY.value and "Nobody knows" not in str(waits.steps)
    done = desk.execution(cast.mel, desk.worked(cast.mel, waits, at=make.later(11)).id)
    assert (done.status, done.output_data) == ("success", "ok")
    assert stand(cast)[:2] == ("4", "0"), "each of the two calls, for neither said what it used"


@pytest.mark.parametrize("annotations", [None, {}, {"readOnlyHint": False}, {"readOnlyHint": "yes"}, [1]])
def test_tool_that_does_not_say_so__is_never_called_again(
    cast: make.Cast, monkeypatch: pytest.MonkeyPatch, annotations: Any
) -> None:
    planned(cast, "10")
    _tools(cast, annotations)
    request = _died(cast, monkeypatch)
    done = desk.execution(cast.mel, desk.worked(cast.mel, request, at=make.later(10)).id)
    assert done.status == "failed" and "Nobody knows" in (done.error_message or "")


def test_only_reads__by_what_was_approved__not_by_what_waits(cast: make.Cast) -> None:
    made = _tools(cast, {"readOnlyHint": False})
    changed = ToolDefinition("audit", "Audits more.", {"type": "object"}, annotations={"readOnlyHint": True})
    connectors.take_look(
        scope=cast.tars, connector_id=made.id, pointed_at=made.pointed_at, tools=[changed], at=make.later(3)
    )
    with in_tenant(cast.tenant.id):
        for tool in ("audit", "", "other"):
            assert not only_reads(scope=cast.tars, connector_id=made.id, tool=tool)
