"""What a call would be if it were made now: read for a verdict, for a question, and again before the call."""

from __future__ import annotations

from uuid import UUID

from governance import canonical
from governance.estop import queries as estop
from governance.registry.models import System, SystemVersion
from governance.scope import tars_scope
from routing.connectors import pins, ways
from routing.connectors.models import Connector
from routing.connectors.queries import digest_of, pins_of
from routing.executions.bound import Bound
from routing.executions.models import ExecutionRequest


def bound_of(request: ExecutionRequest, system: System) -> Bound:
    """The call of `system` that the request would make now, inside a tenant transaction. Three queries."""
    connector = Connector.objects.filter(tenant_id=request.tenant_id, system_id=system.id).first()
    number, digest = version_of(request.tenant_id, system.id)
    tool, reached = _reached(request, connector)
    return Bound(
        request_id=str(request.id),
        request_digest=canonical.digest(request.user_request),
        input_digest=canonical.digest(request.input_data),
        system_id=str(system.id),
        system=system.name,
        constitution_version=number,
        constitution_digest=digest,
        action=request.action,
        tool=tool,
        connector_digest=reached,
        maximums=dict(connector.maximums) if connector else {},
    )


def system_of(request: ExecutionRequest) -> System:
    """The system that is asked now."""
    assert request.system_id is not None
    return System.objects.get(tenant_id=request.tenant_id, id=request.system_id)


def version_of(tenant_id: UUID, system_id: UUID) -> tuple[int, str]:
    """The number and the digest of the constitution in force; 0 and "" where there is none."""
    rows = SystemVersion.objects.filter(tenant_id=tenant_id, system_id=system_id).order_by("-number")
    return rows.values_list("number", "digest").first() or (0, "")


def stopped(request: ExecutionRequest) -> str:
    """Why nothing may be called at all, as a sentence; "" when nothing is stopped."""
    stop = estop.active(tenant_id=request.tenant_id, system_id=request.system_id)
    return f"The emergency stop is pressed: {stop.reason}" if stop else ""


def _reached(request: ExecutionRequest, connector: Connector | None) -> tuple[str, str]:
    if connector is None:
        return "", ""
    known = pins_of(scope=tars_scope(request.tenant_id), connector_id=connector.id)
    is_tool = connector.kind in ways.WITH_TOOLS
    tool = pins.needed(known, tool="", action=request.action, entry=connector.entry_tool) if is_tool else ""
    return tool, digest_of(connector, known)
