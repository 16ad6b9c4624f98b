"""The JSON that TARS and an agent exchange over HTTP, version 1 (docs/agents.md). Pure.

Both sides are here: what TARS writes and reads, and what an agent in Python needs to read a call and word its reply.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from typing import Final

from governance.canonical import JSON, MAX_DEPTH, InvalidDocument, canonical_bytes, check_value, loads
from governance.errors import Invalid
from routing.connectors.contract import AnsweredNonsense, Call, Law, Reply, ToolCall, Usage
from routing.connectors.envelope_shape import Part, fault

VERSION: Final = 1
DEPTH: Final = MAX_DEPTH + 8
"""The envelope's own levels come on top of those of a document in it."""
_TIME: Final = "%Y-%m-%dT%H:%M:%S.%fZ"


class BadRequest(Invalid):
    """It is no call of version 1: not to be sent, and not to be obeyed."""

    code = "bad_call"


@dataclass(frozen=True, slots=True)
class Accepted:
    """The agent works on it; `poll` says where to ask, relative to the address that answered."""

    poll: str
    progress: int = 0
    message: str = ""


def request_value(call: Call) -> dict[str, JSON]:
    """The call as the JSON value that is sent."""
    law = call.constitution
    return {
        "tars": VERSION,
        "kind": "call",
        "execution_id": call.execution_id,
        "tenant_id": call.tenant_id,
        "system": call.system,
        "action": call.action,
        "tool": call.tool,
        "request": call.request,
        "input": call.input,
        "constitution": {"document": law.document, "version": law.version, "digest": law.digest},
        "session": {"name": call.session, "rules": list(call.session_rules), "guidance": list(call.guidance)},
        "mode": call.mode,
        "deadline": call.deadline.astimezone(UTC).strftime(_TIME),
        "budget": dict(call.budget),
        "routing_path": list(call.routing_path),
        "depth": call.depth,
        "attempt": call.attempt,
        "idempotency_key": call.idempotency_key,
    }


def demand_sound(call: Call) -> dict[str, JSON]:
    """The call as a JSON value that may be sent. Raises `BadRequest`, or `InvalidDocument` for what no JSON reader keeps."""
    value = request_value(call)
    if wrong := fault(value, of="request"):
        raise BadRequest(wrong)
    check_value(value, max_depth=DEPTH, refuses_big_doubles=True)
    return value


def write_request(call: Call) -> bytes:
    """The body of the POST, canonical. Raises as `demand_sound`."""
    return canonical_bytes(demand_sound(call), max_depth=DEPTH)


def read_request(body: bytes) -> Call:
    """The call in a request's body, for an agent. Raises `BadRequest`."""
    try:
        value = loads(body, max_depth=DEPTH)
    except InvalidDocument as error:
        raise BadRequest(error.sentence) from None
    if wrong := _fault(value, of="request"):
        raise BadRequest(wrong)
    try:
        deadline = datetime.strptime(value["deadline"], _TIME).replace(tzinfo=UTC)
    except ValueError:
        raise BadRequest("deadline: that is no time") from None
    taken = {"tars", "kind", "constitution", "session", "deadline", "routing_path"}
    return Call(
        **{key: item for key, item in value.items() if key not in taken},
        constitution=Law(**value["constitution"]),
        session=value["session"]["name"],
        guidance=tuple(value["session"]["guidance"]),
        session_rules=tuple(value["session"]["rules"]),
        deadline=deadline,
        routing_path=tuple(value["routing_path"]),
    )


def reply_value(reply: Reply) -> dict[str, JSON]:
    """A reply as the JSON value that an agent sends; without what is unknown."""
    value: dict[str, JSON] = {"tars": VERSION, "output": reply.output, "is_error": reply.is_error}
    if reply.is_error:
        value["error"] = reply.error or "It failed, and did not say why."
    if reply.is_partial:
        value["is_partial"] = True
    if usage := usage_value(reply.usage):
        value["usage"] = usage
    if reply.tool_calls:
        value["tool_calls"] = [tool_call_value(one) for one in reply.tool_calls]
    if reply.suggestions:
        value["suggestions"] = list(reply.suggestions)
    return value


def write_reply(reply: Reply) -> bytes:
    """The body of an agent's answer. Raises `InvalidDocument`."""
    return written(reply_value(reply))


def read_reply(body: bytes, *, ms: int = 0) -> Reply:
    """The reply in an agent's answer. Raises `AnsweredNonsense`."""
    value = _read(body, of="reply")
    return Reply(
        output=value.get("output"),
        is_error=value["is_error"],
        error=value.get("error", "") if value["is_error"] else "",
        is_partial=value.get("is_partial", False),
        usage=usage_of(value.get("usage", {})),
        tool_calls=tuple(tool_call_of(one) for one in value.get("tool_calls", ())),
        suggestions=tuple(value.get("suggestions", ())),
        ms=ms,
    )


def is_reply(value: JSON) -> bool:
    """Whether the value is a reply of this envelope."""
    return isinstance(value, dict) and "tars" in value and not _fault(value, of="reply")


def write_accepted(accepted: Accepted) -> bytes:
    """The body of an answer 202."""
    value = {"tars": VERSION, "poll": accepted.poll, "progress": accepted.progress, "message": accepted.message}
    return canonical_bytes(value)


def read_accepted(body: bytes) -> Accepted:
    """What an answer 202 says. Raises `AnsweredNonsense`."""
    value = _read(body, of="accepted")
    return Accepted(value["poll"], value.get("progress", 0), value.get("message", ""))


def usage_value(usage: Usage) -> dict[str, JSON]:
    """Usage as JSON, without what was not measured."""
    value: Mapping[str, JSON] = {
        "tokens_in": None if usage.tokens_in is None else dict(usage.tokens_in),
        "tokens_out": None if usage.tokens_out is None else dict(usage.tokens_out),
        "compute_seconds": None if usage.compute_seconds is None else float(usage.compute_seconds),
        "api_calls": usage.api_calls,
        "storage_bytes": usage.storage_bytes,
    }
    return {key: item for key, item in value.items() if item is not None}


def usage_of(value: JSON) -> Usage:
    """The usage in a value that has been checked against the schema."""
    seconds = value.get("compute_seconds")
    return Usage(
        tokens_in=_counts(value.get("tokens_in")),
        tokens_out=_counts(value.get("tokens_out")),
        compute_seconds=None if seconds is None else Decimal(repr(seconds)),
        api_calls=_count(value.get("api_calls")),
        storage_bytes=_count(value.get("storage_bytes")),
    )


def tool_call_value(call: ToolCall) -> dict[str, JSON]:
    """A tool call as JSON."""
    value: dict[str, JSON] = {"server": call.server, "tool": call.tool, "success": call.is_success}
    optional = {
        "input": call.input,
        "ms": call.ms,
        "input_digest": call.input_digest or None,
        "error": call.error or None,
    }
    return value | {key: item for key, item in optional.items() if item is not None}


def tool_call_of(value: JSON) -> ToolCall:
    """The tool call in a value that has been checked against the schema."""
    return ToolCall(
        server=value["server"],
        tool=value["tool"],
        is_success=value["success"],
        input_digest=value.get("input_digest", ""),
        input=value.get("input"),
        ms=_count(value.get("ms")),
        error=value.get("error", ""),
    )


def written(value: JSON) -> bytes:
    """Canonical bytes that `loads` reads back. Raises `InvalidDocument`."""
    check_value(value, max_depth=DEPTH, refuses_big_doubles=True)
    return canonical_bytes(value, max_depth=DEPTH)


def _read(body: bytes, *, of: Part) -> dict[str, JSON]:
    try:
        value = loads(body, max_depth=DEPTH)
    except InvalidDocument as error:
        raise AnsweredNonsense(f"The agent answered something that is no JSON: {error.sentence}") from None
    if wrong := _fault(value, of=of):
        raise AnsweredNonsense(f"The agent's answer is not the envelope of docs/agents.md. {wrong}")
    return value


def _fault(value: JSON, *, of: Part) -> str:
    if not isinstance(value, dict):
        return "It is no JSON object."
    if value.get("tars") != VERSION or isinstance(value.get("tars"), bool):
        return f"tars: this is version {VERSION}, and the member says {value.get('tars')!r:.40}."
    return fault(value, of=of)


def _counts(value: JSON) -> dict[str, int] | None:
    return None if value is None else {key: int(item) for key, item in value.items()}


def _count(value: JSON) -> int | None:
    return None if value is None else int(value)
