"""A tenant with an agent that is reached, and what the tests of connectors share."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

from governance.jobs.attempts import attempt
from governance.jobs.models import Job
from governance.ledger.models import LedgerEntry
from governance.scope import Scope
from governance.tenancy import in_tenant
from routing.connectors import actions
from routing.connectors.contract import Call, Law, ToolDefinition
from routing.connectors.models import Connector, PinnedTool
from routing.connectors.reachable import WhyNot, callable_now
from tests import factories as make

AT = make.AT
NAME = "clay-consigliere"
URL = "https://agents.example.com/clay"
SECRET = "sk-this-is-never-seen-again-4711"


def connected(cast: make.Cast, **wish: Any) -> Connector:
    """The cast's system, reached as the wish says; over the envelope without one. Bo said so."""
    said = {"deployment_type": "fastapi", "target": URL, **wish}
    return actions.configure(scope=cast.bo, system_name=NAME, at=said.pop("at", AT), **said)


def local(cast: make.Cast, **wish: Any) -> Connector:
    """The cast's system, reached as TARS's own payroll agent."""
    return connected(cast, deployment_type="local", kind="mcp_stdio", target="payroll", **wish)


def tool(name: str = "handle_request", description: str = "Does the work.", **schema: Any) -> ToolDefinition:
    return ToolDefinition(name, description, {"type": "object", **schema})


def seen(cast: make.Cast, connector: Connector, *tools: ToolDefinition, at: datetime = AT, error: str = "") -> Any:
    """As after a look that found these tools."""
    pointed = again(connector).pointed_at
    return actions.take_look(
        scope=cast.tars, connector_id=connector.id, pointed_at=pointed, tools=tools, error=error, at=at
    )


def approved(cast: make.Cast, connector: Connector, *tools: ToolDefinition, at: datetime = AT) -> None:
    """As after a look that found these tools, and Sam's approval of them."""
    seen(cast, connector, *tools, at=at)
    actions.approve_tools(scope=cast.sam, system_name=NAME, digests=[one.digest for one in tools], at=at)


def again(row: Any) -> Any:
    with in_tenant(row.tenant_id):
        return type(row).objects.get(id=row.id)


def tools_of(connector: Connector) -> dict[str, set[str]]:
    """Names by state."""
    with in_tenant(connector.tenant_id):
        found: dict[str, set[str]] = {}
        for row in PinnedTool.objects.filter(connector_id=connector.id):
            found.setdefault(row.state, set()).add(row.name)
        return found


def worked(job: Job, *, at: datetime = AT) -> Job:
    """The job after the worker has tried it."""
    attempt(tenant_id=job.tenant_id, job_id=job.id, clock=lambda: at)
    found: Job = again(job)
    return found


def entries(cast: make.Cast, name: str = "") -> list[LedgerEntry]:
    with in_tenant(cast.tenant.id):
        rows = LedgerEntry.objects.order_by("sequence")
        return list(rows.filter(action_name=name) if name else rows)


def whole_ledger(cast: make.Cast) -> str:
    """Every byte of the tenant's ledger, as text."""
    return "\n".join(
        str(value if not isinstance(value, bytes | memoryview) else bytes(value))
        for entry in entries(cast)
        for value in (entry.header, entry.openings, entry.subject, entry.action_name)
    )


def call(*, execution_id: UUID | None = None, seconds: float = 30, at: datetime = AT, **more: Any) -> Call:
    return Call(
        execution_id=str(execution_id or uuid4()),
        tenant_id=str(uuid4()),
        system=NAME,
        action=more.pop("action", "audit"),
        request=more.pop("request", "Audit payroll compliance"),
        input=more.pop("input", {}),
        constitution=Law({"name": NAME}, "1.0.0", "sha256:" + "0" * 64),
        deadline=at + timedelta(seconds=seconds),
        idempotency_key=str(uuid4()),
        **more,
    )


def unreachable(*, scope: Scope, system_ids: Collection[UUID], at: datetime) -> dict[UUID, WhyNot]:
    """Of these systems, those that cannot be called, inside the tenant's transaction."""
    found = callable_now(scope=scope, system_ids=system_ids, at=at)()
    return {system_id: one for system_id, one in found.items() if isinstance(one, WhyNot)}
