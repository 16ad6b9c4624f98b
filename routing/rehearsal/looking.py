"""How the systems stand at this moment: stopped, reachable, which tools, how busy; and the way to one that is called."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from governance import sql
from governance.estop import queries as estop
from governance.estop.queries import Stop
from governance.scope import Scope
from routing.connectors import pins, ways
from routing.connectors.calling import Opened, open_within
from routing.connectors.pins import Pins
from routing.connectors.queries import pins_in
from routing.connectors.reachable import connectors, why_of
from routing.rehearsal.allowing import refusal
from routing.rehearsal.aside import only_reading
from routing.router.ranking import Veto

_TOOLS: Final = """
SELECT connector_id, name, digest, state, state = 'pinned' AND definition @> '{"annotations": {"readOnlyHint": true}}'
FROM pinned_tools WHERE tenant_id = %s AND connector_id = ANY(%s) AND state <> 'retired'
"""
_LIVE: Final = "SELECT count(*) FROM execution_requests WHERE tenant_id = %s AND system_id = %s AND stage = 'calling'"
NOT_CONNECTED: Final = "It has no connector: nobody has said how it is reached."


@dataclass(frozen=True, slots=True)
class Tools:
    """What an agent offers, as it is decided; `reading` are approved tools that say they change nothing."""

    pins: Pins
    reading: frozenset[str]


@dataclass(frozen=True, slots=True)
class Seen:
    """A system now. `against` is what keeps a request from it, None where nothing does; `connector` None where it has none."""

    connector: Any
    tools: Tools
    against: Veto | None

    def tool_for(self, action: str) -> str:
        """The tool that would be called, "" where the agent describes none."""
        if self.connector is None or self.connector.kind not in ways.WITH_TOOLS:
            return ""
        return pins.needed(self.tools.pins, tool="", action=action, entry=self.connector.entry_tool)

    def refusal(self, *, system: str, tool: str) -> str:
        """Why a dream may not call it, "" where it may."""
        return refusal(
            system=system,
            kind=self.connector.kind,
            simulates=self.connector.simulates_dreams,
            tool=tool,
            reading=self.tools.reading,
        )

    def only_reads(self, tool: str) -> bool:
        return tool in self.tools.reading


NOTHING: Final = Tools(Pins(), frozenset())


def seen(*, scope: Scope, system_ids: Collection[UUID], at: datetime) -> dict[UUID, Seen]:
    """These systems, in the caller's transaction. Three statements."""
    stops = {stop.system: stop for stop in estop.in_force(scope=scope)}
    rows = connectors(tenant_id=scope.tenant_id, system_ids=system_ids, at=at)
    known = tools(scope=scope, connector_ids=[row.id for row in rows if row.kind in ways.WITH_TOOLS])
    found = {id: Seen(None, NOTHING, Veto("connector_none", NOT_CONNECTED)) for id in system_ids}
    for row in rows:
        why = why_of(row, at)
        against = Veto(f"connector_{why.code}", why.sentence) if why else None
        found[row.system_id] = Seen(row, known.get(row.id, NOTHING), against)
    return {id: _stopped(one, stops) for id, one in found.items()}


def tools(*, scope: Scope, connector_ids: Collection[UUID]) -> Mapping[UUID, Tools]:
    """By connector. One statement, none without connectors."""
    rows = sql.rows(_TOOLS, [scope.tenant_id, list(connector_ids)]) if connector_ids else []
    found: dict[UUID, list[Any]] = {}
    for row in rows:
        found.setdefault(row[0], []).append(row)
    return {
        id: Tools(pins_in((row[1], row[2], row[3]) for row in mine), frozenset(row[1] for row in mine if row[4]))
        for id, mine in found.items()
    }


def opened(one: Seen, *, at: datetime) -> Opened:
    """The way to the agent with its secrets, in the caller's transaction. Raises `NotReachable`, `SecretUnreadable`."""
    return open_within(one.connector, one.tools.pins, at=at)


def live(tenant_id: UUID, system_id: UUID) -> int:
    """How many requests are at work there, in the caller's transaction. One statement."""
    return int(sql.rows(_LIVE, [tenant_id, system_id])[0][0])


def live_at(*, tenant_id: UUID, system_id: UUID, first: int) -> Callable[[], int]:
    """The same each time it is asked, in a transaction of its own; the first time what was counted a moment ago."""
    known = [first]

    def counted() -> int:
        if known:
            return known.pop()
        with only_reading(tenant_id):
            return live(tenant_id, system_id)

    return counted


def _stopped(one: Seen, stops: Mapping[str, Stop]) -> Seen:
    stop = stops.get("") or (stops.get(one.connector.system.name) if one.connector else None)
    if stop is None:
        return one
    return Seen(one.connector, one.tools, Veto("estop", f"The emergency stop is pressed: {stop.reason}"))
