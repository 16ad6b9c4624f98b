"""Whether systems can be called now, and if not, why."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

from governance.scope import Scope
from routing.connectors import breaker, reach, ways
from routing.connectors.breaker import Breaker, Position
from routing.connectors.models import Connector, ConnectorState

GRACE: Final = timedelta(seconds=30)
"""How long after its time a call may still be heard of."""


@dataclass(frozen=True, slots=True)
class WhyNot:
    """Why a system cannot be called now. `code` is a key of the states, or `none`."""

    code: str
    sentence: str


def callable_now(
    *, scope: Scope, system_ids: Collection[UUID], at: datetime
) -> Callable[[], dict[UUID, WhyNot | Mapping[str, str]]]:
    """Of each of these systems, why it cannot be called now, or what one call may cost at most: to be called after whatever else
    is to be asked. One query."""
    none = WhyNot("none", "It has no connector: nobody has said how it is reached.")
    asked = reach.asked(tenant_id=scope.tenant_id, system_ids=system_ids, at=at)

    def taken() -> dict[UUID, WhyNot | Mapping[str, str]]:
        found: dict[UUID, WhyNot | Mapping[str, str]] = dict.fromkeys(system_ids, none)
        for row in reach.found(asked):
            found[row.system_id] = why_of(row, at) or row.maximums
        return found

    return taken


def why_of(row: Any, at: datetime) -> WhyNot | None:
    """Why a connector of `reach.connectors` cannot be called now; None when it can."""
    name = row.system.name
    if row.state == ConnectorState.DISABLED:
        return WhyNot("disabled", f"{name} was switched off: {row.disabled_because}")
    if row.system.api_key_required and row.kind != ways.CALLABLE and not row.has_secret:
        return WhyNot("secret_missing", f"{name} needs a secret and has none in force. Set one on its connector.")
    if row.kind in ways.WITH_TOOLS and not row.has_tool:
        what = "wait for approval" if row.state == ConnectorState.QUARANTINED else "were not looked at yet"
        return WhyNot("quarantined", f"The tools of {name} {what}.")
    state = breaker_of(row)
    where = breaker.position(state, at=at, longest_call=longest_call(row))
    if where is Position.OPEN:
        return WhyNot("breaker_open", f"{name}: {breaker_said(state, where)}")
    if where is Position.PROBING:
        return WhyNot("probing", f"{name}: {breaker_said(state, where)}")
    return None


def longest_call(connector: Connector) -> timedelta:
    """After so long, a call that was not heard of has died."""
    return timedelta(milliseconds=connector.timeout_ms) + GRACE


def breaker_of(row: Connector) -> Breaker:
    """The breaker that stands on the row."""
    return Breaker(failures=row.failures, opened_at=row.opened_at, probed_at=row.probed_at)


def breaker_said(state: Breaker, where: Position) -> str:
    """What there is to say about a breaker, as the end of a sentence."""
    until = breaker.opens_again_at(state)
    match where:
        case Position.OPEN:
            return f"it failed {state.failures} times in a row and is left alone until {until:%H:%M:%S} UTC."
        case Position.HALF_OPEN:
            return f"it failed {state.failures} times in a row; the next call is let through, alone."
        case Position.PROBING:
            return f"it failed {state.failures} times in a row; one call tries whether it answers again."
    if state.failures:
        return f"{state.failures} in a row so far; at {breaker.PATIENCE} it is left alone for a while."
    return "none since the last success."
