"""Takes the secrets that were sent out of what comes back: an agent may echo its headers. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from governance.scrub import HIDDEN
from routing.connectors.contract import Reply, ToolCall


def without(text: str, secrets: Sequence[str]) -> str:
    """The text without these secrets."""
    for secret in secrets:
        if secret:
            text = text.replace(secret, HIDDEN)
    return text


def value_without(value: Any, secrets: Sequence[str]) -> Any:
    """The JSON value, names of members included, without these secrets."""
    if not secrets:
        return value
    if isinstance(value, str):
        return without(value, secrets)
    if isinstance(value, list):
        return [value_without(one, secrets) for one in value]
    if isinstance(value, dict):
        return {without(name, secrets): value_without(one, secrets) for name, one in value.items()}
    return value


def reply_without(reply: Reply, secrets: Sequence[str]) -> Reply:
    """The reply without these secrets."""
    if not secrets:
        return reply
    return replace(
        reply,
        output=value_without(reply.output, secrets),
        error=without(reply.error, secrets),
        suggestions=tuple(without(one, secrets) for one in reply.suggestions),
        tool_calls=tuple(_call_without(one, secrets) for one in reply.tool_calls),
    )


def _call_without(call: ToolCall, secrets: Sequence[str]) -> ToolCall:
    said: dict[str, Any] = {
        name: without(getattr(call, name), secrets) for name in ("server", "tool", "error", "input_digest")
    }
    return replace(call, input=value_without(call.input, secrets), **said)
