"""From a call to a tool and its arguments, and from a tool's result to a reply. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final

from governance.canonical import JSON, InvalidDocument, check_value, digest
from governance.scrub import scrubbed
from routing.connectors import envelope
from routing.connectors.contract import AnsweredNonsense, Call, NoSuchTool, Reply, ToolCall, ToolDefinition, Usage
from routing.connectors.envelope_shape import fault

if TYPE_CHECKING:
    from mcp.types import CallToolResult, Tool

META: Final = "tars/"
"""Prefix of what TARS and its agents put into `_meta`: `tars/call` in a request; `tars/usage`, `tars/tool_calls`,
`tars/suggestions` and `tars/partial` in a result."""
_OUTPUT_DEPTH: Final = envelope.DEPTH


def definition(tool: Tool) -> ToolDefinition:
    """A tool as it was listed. Raises `AnsweredNonsense` for a schema that is no JSON."""
    said = tool.model_dump(mode="json", by_alias=True, exclude_none=True, include={"annotations", "execution"})
    found = ToolDefinition(
        name=tool.name,
        description=tool.description or "",
        input_schema=tool.input_schema,
        output_schema=tool.output_schema,
        annotations=said.get("annotations"),
        title=tool.title or "",
        execution=said.get("execution"),
    )
    try:
        _ = found.digest
    except InvalidDocument as error:
        raise AnsweredNonsense(
            f"The tool {scrubbed(tool.name)} has a schema that is no JSON: {error.sentence}"
        ) from None
    return found


def chosen(call: Call, tools: Sequence[ToolDefinition], *, entry: str) -> tuple[ToolDefinition, dict[str, JSON]]:
    """The tool for a call and its arguments: the one it names, the one named like the action, or the entry tool.

    Raises `NoSuchTool`.
    """
    by_name = {tool.name: tool for tool in tools}
    for name in (call.tool,) if call.tool else (call.action, entry):
        if name in by_name:
            tool = by_name[name]
            return tool, _for_entry(call, tool.input_schema) if name == entry else _named(call)
    wanted = call.tool or f"{call.action or 'this'}, nor one named {entry}"
    offered = ", ".join(sorted(by_name)[:20]) or "nothing"
    raise NoSuchTool(scrubbed(f"{call.system} has no tool for {wanted}. It offers {offered}."), may_have_run=False)


def meta_of(call: Call) -> dict[str, JSON]:
    """What every request carries beside the arguments, so that an agent can be idempotent, stop in time, and obey."""
    value = envelope.request_value(call)
    kept = ("execution_id", "idempotency_key", "attempt", "mode", "deadline", "session", "depth", "constitution")
    return {f"{META}call": {name: value[name] for name in kept}}


def reply_of(
    result: CallToolResult,
    *,
    call: Call,
    tool: str,
    arguments: Mapping[str, JSON],
    ms: int,
    secrets: Iterable[str] = (),
) -> Reply:
    """The reply in a tool's result, `secrets` hidden in its error. Raises `AnsweredNonsense` for what cannot be kept as JSON."""
    output, meta = _output(result), dict(result.meta or {})
    try:
        check_value(output, max_depth=_OUTPUT_DEPTH, refuses_big_doubles=True)
    except InvalidDocument as error:
        raise AnsweredNonsense(f"The agent answered something that cannot be kept: {error.sentence}") from None
    failure = (scrubbed(_text(result), secrets=secrets) or "It failed, and did not say why.") if result.is_error else ""
    shown = {name: value for name, value in arguments.items() if name != "tars"}
    own = ToolCall(
        server=call.system,
        tool=tool,
        is_success=not result.is_error,
        input_digest=digest(shown),
        input=shown,
        ms=ms,
        error=failure,
        is_seen=True,
    )
    usage, unread = _usage(meta)
    told = tuple(envelope.tool_call_of(one) for one in _list(meta, "tool_calls") if not fault(one, of="tool_call"))
    suggestions = tuple(scrubbed(one) for one in _list(meta, "suggestions") if isinstance(one, str))
    return Reply(
        output=output,
        is_error=bool(result.is_error),
        error=failure,
        is_partial=meta.get(f"{META}partial") is True,
        usage=usage,
        tool_calls=(own, *told),
        suggestions=suggestions + unread,
        ms=ms,
    )


def _named(call: Call) -> dict[str, JSON]:
    if call.input is None:
        return {}
    if isinstance(call.input, dict):
        return dict(call.input)
    raise NoSuchTool("A tool takes named arguments: give the input as an object.", may_have_run=False)


def _for_entry(call: Call, schema: JSON) -> dict[str, JSON]:
    context = envelope.request_value(call)
    said = {name: context.pop(name) for name in ("request", "input", "action")}
    everything = {**said, "tars": context}
    known = schema.get("properties") if isinstance(schema, dict) else None
    takes_more = schema.get("additionalProperties", not known) if isinstance(schema, dict) else True
    if takes_more:
        return everything
    return {name: value for name, value in everything.items() if name in (known or {})}


def _output(result: CallToolResult) -> Any:
    if result.structured_content is not None:
        return result.structured_content
    blocks = [block.model_dump(mode="json", by_alias=True, exclude_none=True) for block in result.content]
    if len(blocks) == 1 and blocks[0]["type"] == "text":
        return blocks[0]["text"]
    return blocks


def _text(result: CallToolResult) -> str:
    return " ".join(block.text for block in result.content if block.type == "text")


def _usage(meta: Mapping[str, JSON]) -> tuple[Usage, tuple[str, ...]]:
    """Usage that cannot be read counts as not reported, and is said so: the work is done all the same."""
    value = meta.get(f"{META}usage")
    if value is None:
        return Usage(), ()
    if wrong := fault(value, of="usage"):
        return Usage(), (f"The usage that the agent reported could not be read: {wrong}",)
    return envelope.usage_of(value), ()


def _list(meta: Mapping[str, JSON], name: str) -> list[JSON]:
    value = meta.get(META + name)
    return value[:1000] if isinstance(value, list) else []
