"""Connectors with what decides whether they can be called now, and why not: read for every request, so in plain SQL."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

from governance import sql
from governance.registry.models import System
from governance.scope import Scope
from governance.sql import Ahead
from routing.connectors import breaker, ways
from routing.connectors.breaker import Breaker, Position
from routing.connectors.models import Connector, ConnectorState

GRACE: Final = timedelta(seconds=30)
"""How long after its time a call may still be heard of."""
_READ: Final = """
SELECT c.*, s.name AS system_name, s.api_key_required,
  EXISTS (SELECT 1 FROM connector_secrets k WHERE k.tenant_id = c.tenant_id AND k.connector_id = c.id AND k.sealed <> ''
    AND (k.retired_at IS NULL OR k.retired_at > %(at)s)) AS has_secret,
  EXISTS (SELECT 1 FROM pinned_tools p
    WHERE p.tenant_id = c.tenant_id AND p.connector_id = c.id AND p.state = 'pinned') AS has_tool
FROM connectors c JOIN systems s ON s.tenant_id = c.tenant_id AND s.id = c.system_id
WHERE c.tenant_id = %(tenant)s AND c.system_id = ANY(%(ids)s::uuid[])
"""
_LOCK: Final = "FOR NO KEY UPDATE OF c"
_SYSTEM: Final = ["id", "tenant_id", "name", "api_key_required"]


@dataclass(frozen=True, slots=True)
class WhyNot:
    """Why a system cannot be called now. `code` is a key of the states, or `none`."""

    code: str
    sentence: str


def connectors(*, tenant_id: UUID, system_ids: Collection[UUID], at: datetime, locks: bool = False) -> list[Any]:
    """The connectors of these systems, each with its system (name and whether it needs a secret), `has_secret` and `has_tool`,
    as `why_of` asks for them. `locks` keeps them from changing until the transaction ends."""
    return found(asked(tenant_id=tenant_id, system_ids=system_ids, at=at, locks=locks))


def asked(*, tenant_id: UUID, system_ids: Collection[UUID], at: datetime, locks: bool = False) -> Ahead:
    """The same, for `found` after whatever else is to be asked."""
    statement = f"{_READ}{_LOCK if locks else ''}"
    return sql.ahead(statement, {"tenant": tenant_id, "ids": sql.array(system_ids), "at": at})


def found(asked: Ahead) -> list[Any]:
    """What was asked."""
    rows: list[Any] = asked.read(Connector)
    for row in rows:
        known = [row.system_id, row.tenant_id, row.system_name, row.api_key_required]
        row.system = sql.found_row(System, _SYSTEM, known)
    return rows


def callable_now(
    *, scope: Scope, system_ids: Collection[UUID], at: datetime
) -> Callable[[], dict[UUID, WhyNot | Mapping[str, str]]]:
    """Of each of these systems, why it cannot be called now, or what one call may cost at most: to be called after whatever else
    is to be asked. One query."""
    none = WhyNot("none", "It has no connector: nobody has said how it is reached.")
    ahead = asked(tenant_id=scope.tenant_id, system_ids=system_ids, at=at)

    def taken() -> dict[UUID, WhyNot | Mapping[str, str]]:
        said: dict[UUID, WhyNot | Mapping[str, str]] = dict.fromkeys(system_ids, none)
        for row in found(ahead):
            said[row.system_id] = why_of(row, at) or row.maximums
        return said

    return taken


def why_of(row: Any, at: datetime) -> WhyNot | None:
    """Why one of `connectors` cannot be called now; None when it can."""
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
