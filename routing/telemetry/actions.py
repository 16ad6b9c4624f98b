from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any, Final
from uuid import UUID

from governance.errors import Invalid
from governance.ids import new_id
from governance.ledger.verbs import governed
from governance.scope import ActorKind, Capability, Scope, system_of
from governance.scrub import scrubbed
from routing.connectors.contract import ToolCall as Told
from routing.connectors.models import Connector
from routing.telemetry import arguments, otel
from routing.telemetry.models import ToolCall

MOST: Final = 500
"""Calls that one report tells of."""
MOST_MS: Final = Decimal(10) ** 9
_NAME: Final = 200
_DIGEST: Final = re.compile(r"sha256:[0-9a-f]{64}")


def record_within(
    *,
    scope: Scope,
    calls: Sequence[Told],
    execution_id: UUID | None,
    at: datetime,
    keeps_arguments: bool = False,
    tool_digests: Mapping[str, str] | None = None,
    verdict_id: UUID | None = None,
    approved_by: str = "",
    reported_by: str = "",
) -> list[ToolCall]:
    """Keep the tool calls of one piece of work, inside the caller's transaction, in one statement.

    `tool_digests` names the definitions that were called, by tool.
    """
    rows = rows_of(
        scope=scope,
        calls=calls,
        execution_id=execution_id,
        at=at,
        keeps_arguments=keeps_arguments,
        tool_digests=tool_digests,
        verdict_id=verdict_id,
        approved_by=approved_by,
        reported_by=reported_by,
    )
    return ToolCall.objects.bulk_create(rows)


def rows_of(
    *,
    scope: Scope,
    calls: Sequence[Told],
    execution_id: UUID | None,
    at: datetime,
    keeps_arguments: bool = False,
    tool_digests: Mapping[str, str] | None = None,
    verdict_id: UUID | None = None,
    approved_by: str = "",
    reported_by: str = "",
) -> list[ToolCall]:
    """The rows of `record_within`, not saved yet."""
    digests = tool_digests or {}
    return [
        ToolCall(
            id=new_id(at),
            tenant_id=scope.tenant_id,
            execution_id=execution_id,
            server_name=scrubbed(call.server, most=_NAME) or "unknown",
            tool_name=scrubbed(call.tool, most=_NAME) or "unknown",
            input_data=arguments.kept(call.input) if keeps_arguments else None,
            input_digest=_digest(call),
            tool_digest=digests.get(call.tool, ""),
            execution_time_ms=_ms(call.ms),
            success=call.is_success,
            error_message=None if call.is_success else scrubbed(call.error) or "It failed, and did not say why.",
            timestamp=at,
            verdict_id=verdict_id,
            approved_by=approved_by,
            reported_by=reported_by,
        )
        for call in calls
    ]


@governed("telemetry.report")
def report(*, scope: Scope, calls: Sequence[Mapping[str, Any]], at: datetime) -> list[ToolCall]:
    """Keep the calls that an agent made without TARS. Their time is when TARS heard of them, and they are marked as reported.

    A call is `{server, tool, success, ms, error, input, input_digest, execution_id}`, or an OpenTelemetry span with `attributes`.
    Raises `NotAllowed`, `Invalid`.
    """
    scope.demand(Capability.REPORT, to="report tool calls")
    if not 1 <= len(calls) <= MOST:
        raise Invalid(f"Report 1 to {MOST} calls at once.", problems=(("/calls", "has too many or none"),))
    system = system_of(scope.actor) if scope.actor.kind is ActorKind.SYSTEM else ""
    keeps = _keeps(scope, system)
    found = [_read(call, number=number, server=system or scope.actor.name) for number, call in enumerate(calls)]
    made: list[ToolCall] = []
    for execution_id, told in _by_execution(found):
        made += record_within(
            scope=scope,
            calls=told,
            execution_id=execution_id,
            keeps_arguments=keeps,
            reported_by=scope.actor.name,
            at=at,
        )
    return made


def spans(body: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """What a report's body tells of: `calls`, and the tool calls among `resourceSpans`."""
    return [*body.get("calls", ()), *otel.spans_of(body)]


def _read(call: Mapping[str, Any], *, number: int, server: str) -> tuple[UUID | None, Told]:
    try:
        said = otel.call_of(call, server=server) if "attributes" in call else call
        told = Told(
            server=_text(said, "server") or server,
            tool=_text(said, "tool"),
            is_success=_flag(said),
            input_digest=_text(said, "input_digest"),
            input=said.get("input"),
            ms=said.get("ms"),
            error=_text(said, "error"),
        )
        if not told.tool:
            raise ValueError("names no tool")
        if told.input_digest and not _DIGEST.fullmatch(told.input_digest):
            raise ValueError("has an input_digest that is not sha256: and 64 hex digits")
        if told.ms is not None and (
            isinstance(told.ms, bool) or not isinstance(told.ms, int | float) or not 0 <= told.ms < MOST_MS
        ):
            raise ValueError("has an ms that is no number of milliseconds")
        execution = _text(said, "execution_id")
        return (UUID(execution) if execution else None), told
    except ValueError as error:
        raise Invalid(
            f"Call {number + 1} {error}. Nothing of the report was kept.", problems=((f"/calls/{number}", str(error)),)
        ) from None


def _text(said: Mapping[str, Any], name: str) -> str:
    value = said.get(name, "")
    if value is None:
        return ""
    if not isinstance(value, str):
        raise ValueError(f"has a member {name} that is no text")
    return value


def _flag(said: Mapping[str, Any]) -> bool:
    """isError, as the protocol's result words it, is a failure whatever else is said."""
    if said.get("isError") is True or said.get("is_error") is True:
        return False
    value = said.get("success", True)
    if not isinstance(value, bool):
        raise ValueError("has a member success that is neither true nor false")
    return value and not said.get("error")


def _by_execution(found: Iterable[tuple[UUID | None, Told]]) -> list[tuple[UUID | None, list[Told]]]:
    groups: dict[UUID | None, list[Told]] = {}
    for execution_id, told in found:
        groups.setdefault(execution_id, []).append(told)
    return list(groups.items())


def _keeps(scope: Scope, system: str) -> bool:
    """Whether the reporting system's connector says that arguments are kept."""
    if not system:
        return False
    rows = Connector.objects.filter(tenant_id=scope.tenant_id, system__name=system, keeps_arguments=True)
    return rows.exists()


def _digest(call: Told) -> str:
    if call.input is not None:
        return arguments.digest_of(call.input)
    return call.input_digest if _DIGEST.fullmatch(call.input_digest) else ""


def _ms(ms: float | None) -> Decimal | None:
    if ms is None or ms < 0:
        return None
    return min(Decimal(repr(ms)), MOST_MS).quantize(Decimal("0.001"))
