"""Around every call: may it begin, and what it says about the agent. Inside the transactions of the execution's steps."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from governance.scope import Scope
from governance.scrub import scrubbed
from routing.connectors import limits, pins, reachable, ways
from routing.connectors.actions.common import Busy, NotReachable, ToolUnapproved
from routing.connectors.actions.tools import look_within
from routing.connectors.breaker import Breaker, failed, gave_up, let_through, succeeded
from routing.connectors.contract import (
    AgentAddressRefused,
    AgentError,
    NoSuchTool,
    Reply,
    ToolChanged,
)
from routing.connectors.models import Connector
from routing.connectors.pins import Pins
from routing.connectors.queries import digest_of, pins_in, pins_of
from routing.connectors.reachable import breaker_of, longest_call, why_of

QUIET: Final = timedelta(seconds=5)
"""While all goes well, the time of the last call is written no more often than this: the row is everybody's."""
_NO_NEWS: Final = (AgentAddressRefused, NoSuchTool, ToolChanged)
"""Errors that say nothing about whether the agent can answer."""


@dataclass(frozen=True, slots=True)
class Admitted:
    """A call that may begin. `digest` names the connector as it is: kind, target, arguments and approved tools."""

    connector_id: UUID
    tool: str
    tool_digest: str
    digest: str
    timeout_ms: int
    may_repeat: bool
    connector: Connector = field(repr=False, compare=False)
    pins: Pins = field(repr=False, compare=False)


def admit_within(
    *, scope: Scope, system_id: UUID, calling: Callable[[], int], at: datetime, tool: str = "", action: str = ""
) -> Admitted:
    """Let one call of a system begin. `calling` counts those under way by `governance.sql`: behind the connector's lock, and on
    the same way there.

    Raises `NotReachable`, `ToolUnapproved`, `Busy`. Lock order: after the request, before budgets.
    """
    asked = reachable.asked(tenant_id=scope.tenant_id, system_ids=[system_id], at=at, locks=True)
    under_way = calling()
    connector: Connector | None = next(iter(reachable.found(asked)), None)
    if connector is None:
        raise NotReachable("The system has no connector. Say first how it is reached.")
    if why := why_of(connector, at):
        raise NotReachable(why.sentence)
    known, needs = pins_in(()), ""
    if connector.kind in ways.WITH_TOOLS:
        known = pins_of(scope=scope, connector_id=connector.id)
        needs = pins.needed(known, tool=tool, action=action, entry=connector.entry_tool)
        if refused := pins.refusal(known, system=connector.system.name, tool=needs):
            raise ToolUnapproved(refused)
    if not limits.may_start(calling=under_way, most=connector.most_at_once):
        raise Busy(
            f"{connector.system.name} works on {connector.most_at_once} requests already, as many as it takes at once."
        )
    state = breaker_of(connector)
    after = let_through(state, at=at, longest_call=longest_call(connector))
    if after is None:
        raise NotReachable(f"{connector.system.name} is being tried by another request. Try again soon.")
    if after != state:
        _save(connector, after)
    return Admitted(
        connector_id=connector.id,
        tool=needs,
        tool_digest=known.approved.get(needs, ""),
        digest=digest_of(connector, known),
        timeout_ms=connector.timeout_ms,
        may_repeat=connector.may_repeat,
        connector=connector,
        pins=known,
    )


def after_call(
    *,
    scope: Scope,
    connector_id: UUID,
    outcome: Reply | AgentError | None,
    at: datetime,
    admitted: Connector | None = None,
) -> None:
    """Move the breaker after a call, in the caller's transaction. None: it never took place.

    Whatever answers is alive: a reply that says it failed closes the breaker like any other. A tool found changed is looked at.
    `admitted`: the connector as it was when the call began; if all was well then, a reply a moment later is no news.
    """
    if isinstance(outcome, Reply) and admitted is not None and _is_quiet(admitted, at=at):
        return
    rows = Connector.objects.filter(tenant_id=scope.tenant_id, id=connector_id)
    connector = rows.select_for_update(of=("self",), no_key=True).select_related("system").first()
    if connector is None:
        return
    before = breaker_of(connector)
    if isinstance(outcome, Reply):
        _save(connector, succeeded(before), called_at=at, error="")
    elif outcome is None or isinstance(outcome, _NO_NEWS):
        said = None if outcome is None else scrubbed(outcome.sentence)
        _save(connector, gave_up(before), called_at=connector.last_called_at, error=said)
    else:
        _save(connector, failed(before, at=at), called_at=at, error=scrubbed(outcome.sentence))
    if isinstance(outcome, ToolChanged):
        look_within(scope=scope, connector=connector, at=at)


def _is_quiet(connector: Connector, *, at: datetime) -> bool:
    was_called = connector.last_called_at is not None and connector.last_called_at > at - QUIET
    return was_called and breaker_of(connector) == Breaker() and not connector.last_error


def _save(connector: Connector, state: Breaker, *, called_at: datetime | None = None, error: str | None = None) -> None:
    connector.failures, connector.opened_at, connector.probed_at = state.failures, state.opened_at, state.probed_at
    connector.last_called_at = called_at or connector.last_called_at
    connector.last_error = connector.last_error if error is None else error
    connector.save(update_fields=["failures", "opened_at", "probed_at", "last_called_at", "last_error"])
