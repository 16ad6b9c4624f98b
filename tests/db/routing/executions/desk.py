"""What the tests of executions share: an agent that is a function of the test, and a request worked on to its end."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from datetime import datetime
from typing import Any
from uuid import UUID

import pytest

from governance.approvals.models import ApprovalRequest
from governance.registry.actions import register_system
from governance.registry.models import System, SystemType
from governance.scope import Scope
from governance.tenancy import in_tenant
from routing.connectors import callable_agent
from routing.connectors import calling as agents
from routing.connectors.actions import approve_tools, configure, look
from routing.connectors.contract import Call, OnProgress, Reply
from routing.connectors.queries import whole
from routing.executions import work
from routing.executions.actions import handle
from routing.executions.models import Execution, ExecutionRequest, Receipt
from routing.executions.stages import Stage
from tests import factories as make
from tests.db.connectors import world as connectors
from tests.db.router import desk as router
from tests.db.tenants.catalogue import connected

_serial = itertools.count()
Answer = Callable[[Call, OnProgress], Any]


class Agent:
    """Answers as it is told and remembers every call."""

    def __init__(self, answer: Answer | None = None) -> None:
        self.calls: list[Call] = []
        self.answer: Answer = answer or (lambda call, _told: {"done": call.action})
        self.name = f"agent{next(_serial)}"
        callable_agent.register(self.name, self._called)

    def _called(self, call: Call, told: OnProgress) -> Any:
        self.calls.append(call)
        return self.answer(call, told)


def agent(
    cast: make.Cast,
    name: str,
    answer: Answer | None = None,
    *,
    approvals: tuple[str, ...] = (),
    roles: dict[str, str] | None = None,
    **connector: Any,
) -> Agent:
    """A system that may do payroll, reached by a function; `approvals` need a person."""
    constitution: dict[str, Any] = {
        "skill": name,
        "version": "1.0.0",
        "capabilities": ["payroll", "audit", "handle_request"],
        "requires_approval": list(approvals),
    }
    if roles:
        constitution["approval_roles"] = roles
    register_system(
        scope=cast.bo,
        name=name,
        type=SystemType.AGENT,
        description="Runs payroll.",
        constitution=constitution,
        at=make.AT,
    )
    made = Agent(answer)
    configure(
        scope=cast.bo,
        system_name=name,
        deployment_type="local",
        kind="callable",
        target=made.name,
        at=make.AT,
        **connector,
    )
    return made


def payroll(cast: make.Cast) -> None:
    """A system called domicile, reached as TARS's own payroll agent in a process of its own, its tools looked at and approved."""
    name = "domicile"
    constitution = {"skill": name, "version": "1.0.0", "capabilities": ["audit", "upload_payroll_entries"]}
    register_system(scope=cast.bo, name=name, type=SystemType.AGENT, constitution=constitution, at=make.AT)
    configure(
        scope=cast.bo,
        system_name=name,
        deployment_type="local",
        kind="mcp_stdio",
        target="payroll",
        may_repeat=True,
        at=make.AT,
    )
    job = connectors.worked(look(scope=cast.bo, system_name=name, at=make.AT))
    assert job.state == "done", job.error
    with in_tenant(cast.tenant.id):
        waiting = whole(scope=cast.sam, system_name=name, at=make.AT).waiting
    approve_tools(scope=cast.sam, system_name=name, digests=[one.digest for one in waiting], at=make.AT)


def breaks(monkeypatch: pytest.MonkeyPatch, name: str, error: Exception) -> None:
    """Calls of the system called `name` fail with `error` from now on."""
    real = agents.call

    def call(connector: Any, asked: Call, *args: Any, **kwargs: Any) -> Reply:
        if asked.system == name:
            raise error
        return real(connector, asked, *args, **kwargs)

    monkeypatch.setattr(agents, "call", call)


def worked(scope: Scope, request: ExecutionRequest, *, at: datetime | None = None) -> ExecutionRequest:
    """The request after a turn of work."""
    work.advance(tenant_id=scope.tenant_id, request_id=request.id, clock=lambda: at or make.later(5))
    return now(scope, request.id)


def asked(scope: Scope, text: str = "Run payroll", **more: Any) -> ExecutionRequest:
    return handle(scope=scope, text=text, at=more.pop("at", make.later(4)), **more)


def done(scope: Scope, text: str = "Run payroll", **more: Any) -> Execution:
    """What became of a request."""
    request = asked(scope, text, **more)
    for minute in range(5, 20):
        if worked(scope, request, at=make.later(minute)).stage == Stage.DONE.value:
            break
    return execution(scope, request.id)


def forget_what_is_due() -> None:
    """A runner works for every tenant: what other tests of this process left due is none of this one's business."""
    with connected("super") as server:
        server.execute("DELETE FROM due_requests")


def now(scope: Scope, id: UUID) -> ExecutionRequest:
    with in_tenant(scope.tenant_id):
        return ExecutionRequest.objects.select_related("system").get(tenant_id=scope.tenant_id, id=id)


def execution(scope: Scope, id: UUID) -> Execution:
    with in_tenant(scope.tenant_id):
        return Execution.objects.get(tenant_id=scope.tenant_id, id=id)


def receipt(scope: Scope, id: UUID) -> Receipt:
    with in_tenant(scope.tenant_id):
        return Receipt.objects.get(tenant_id=scope.tenant_id, execution_id=id)


def question(scope: Scope, request: ExecutionRequest) -> ApprovalRequest:
    assert request.question_id is not None
    with in_tenant(scope.tenant_id):
        return ApprovalRequest.objects.get(tenant_id=scope.tenant_id, id=request.question_id)


def system(scope: Scope, name: str) -> System:
    with in_tenant(scope.tenant_id):
        return System.objects.get(tenant_id=scope.tenant_id, name=name)


__all__ = ["Agent", "agent", "asked", "done", "execution", "now", "question", "receipt", "router", "system", "worked"]
