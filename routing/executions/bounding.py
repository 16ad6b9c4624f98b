"""What a call would be if it were made now: read for a verdict, for a question, and again before the call."""

from __future__ import annotations

from dataclasses import dataclass

from django.db.models import OuterRef, Subquery

from governance import canonical
from governance.estop import queries as estop
from governance.registry.models import System, SystemVersion
from governance.scope import tars_scope
from routing.connectors import pins, ways
from routing.connectors.models import Connector
from routing.connectors.queries import digest_of, pins_of
from routing.executions.bound import Bound
from routing.executions.models import ExecutionRequest


@dataclass(frozen=True, slots=True)
class Planned:
    """A call that would be made now: of this system, under this constitution, exactly as `bound` says."""

    system: System
    bound: Bound


def planned(request: ExecutionRequest) -> Planned:
    """The call that the request would make now, inside a tenant transaction. Three queries."""
    digests = SystemVersion.objects.filter(
        tenant_id=request.tenant_id, system_id=OuterRef("id"), number=OuterRef("constitution_version")
    )
    rows = System.objects.filter(tenant_id=request.tenant_id, id=request.system_id)
    system = rows.annotate(digest=Subquery(digests.values("digest"))).defer("capabilities_embedding").get()
    connector = Connector.objects.filter(tenant_id=request.tenant_id, system_id=system.id).first()
    tool, reached = _reached(request, connector)
    bound = Bound(
        request_id=str(request.id),
        request_digest=canonical.digest(request.user_request),
        input_digest=canonical.digest(request.input_data),
        system_id=str(system.id),
        system=system.name,
        constitution_version=system.constitution_version,
        constitution_digest=system.digest or "",
        action=request.action,
        tool=tool,
        connector_digest=reached,
        maximums=dict(connector.maximums) if connector else {},
    )
    return Planned(system, bound)


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
