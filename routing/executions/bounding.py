"""What a call would be if it were made now: read for a verdict, for a question, and again before the call."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any, Final
from uuid import UUID

from billing.budgets.predicting import DOLLARS
from governance import canonical, sql
from governance.estop import queries as estop
from routing.connectors import pins, ways
from routing.connectors.models import Connector
from routing.connectors.pins import Pins
from routing.connectors.queries import digest_of, pins_in
from routing.executions.bound import Bound
from routing.executions.models import ExecutionRequest

_READ = """
SELECT s.id, s.name, s.constitution, s.constitution_version, coalesce(v.digest, ''), c.id, c.kind, c.target, c.arguments,
  c.entry_tool, c.maximums, (
    SELECT jsonb_agg(jsonb_build_array(p.name, p.digest, p.state)) FROM pinned_tools p
    WHERE p.tenant_id = c.tenant_id AND p.connector_id = c.id AND p.state <> 'retired'), {cost}
FROM systems s
LEFT JOIN system_versions v ON v.tenant_id = s.tenant_id AND v.system_id = s.id AND v.number = s.constitution_version
LEFT JOIN connectors c ON c.tenant_id = s.tenant_id AND c.system_id = s.id
WHERE s.tenant_id = %s AND s.id = %s
"""
_PLAIN: Final = _READ.format(cost="NULL")
_WITH_COST: Final = _READ.format(cost=f"({DOLLARS})")


@dataclass(frozen=True, slots=True)
class Agent:
    """The system that is asked now, under its constitution in force."""

    id: UUID
    name: str
    constitution: Any


@dataclass(frozen=True, slots=True)
class Planned:
    """A call that would be made now, exactly as `bound` says. `cost`: the dollars that it will probably use, where that
    was asked and there is enough history."""

    system: Agent
    bound: Bound
    cost: Decimal | None


def planned(request: ExecutionRequest, *, cost_at: datetime | None = None) -> Planned:
    """The call that the request would make now, inside a tenant transaction, with what it will probably cost at a moment.
    One statement."""
    mine = [request.tenant_id, request.system_id]
    (found,) = sql.rows(_WITH_COST, [cost_at, *mine]) if cost_at else sql.rows(_PLAIN, mine)
    id, name, constitution, number, digest, connector_id, *reached, cost = found
    agent = Agent(id, name, json.loads(constitution))
    connector, known = None, pins_in(())
    if connector_id is not None:
        kind, target, arguments, entry_tool, maximums, decided = reached
        known = pins_in(json.loads(decided or "[]"))
        connector = sql.made(
            Connector, id=connector_id, kind=kind, target=target, arguments=arguments, entry_tool=entry_tool,
            maximums=json.loads(maximums),
        )  # fmt: skip
    tool, reached_by = _reached(request, connector, known)
    bound = Bound(
        request_id=str(request.id),
        request_digest=canonical.digest(request.user_request),
        input_digest=canonical.digest(request.input_data),
        system_id=str(agent.id),
        system=agent.name,
        constitution_version=number,
        constitution_digest=digest,
        action=request.action,
        tool=tool,
        connector_digest=reached_by,
        maximums=connector.maximums if connector else {},
    )
    return Planned(agent, bound, cost)


def stopped(request: ExecutionRequest) -> str:
    """Why nothing may be called at all, as a sentence; "" when nothing is stopped."""
    stop = estop.active(tenant_id=request.tenant_id, system_id=request.system_id)
    return f"The emergency stop is pressed: {stop.reason}" if stop else ""


def _reached(request: ExecutionRequest, connector: Connector | None, known: Pins) -> tuple[str, str]:
    if connector is None:
        return "", ""
    is_tool = connector.kind in ways.WITH_TOOLS
    tool = pins.needed(known, tool="", action=request.action, entry=connector.entry_tool) if is_tool else ""
    return tool, digest_of(connector, known)
