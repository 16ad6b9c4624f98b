"""Connectors and tools as plain values, for the API and exports. Never a secret's value."""

from __future__ import annotations

from typing import Any, Final

from routing.connectors.queries import Line, SecretLine, ToolLine, Whole

COLUMNS: Final = (
    "system", "deployment_type", "kind", "leads_to", "state", "why", "tools_approved", "tools_waiting",
    "simulates_dreams", "failures", "last_called_at", "last_error", "looked_at", "look_error",
)  # fmt: skip


def line_record(line: Line) -> dict[str, Any]:
    """One row of the list."""
    return {
        "system": line.system,
        "deployment_type": line.deployment,
        "kind": line.kind,
        "leads_to": line.target,
        "state": line.state,
        "why": line.why.sentence if line.why else "",
        "tools_approved": line.pinned,
        "tools_waiting": line.waiting,
        "simulates_dreams": line.simulates_dreams,
        "failures": line.failures,
        "last_called_at": line.last_called_at,
        "last_error": line.last_error,
        "looked_at": line.looked_at,
        "look_error": line.look_error,
    }


def whole_record(found: Whole) -> dict[str, Any]:
    """One connector."""
    return {
        **line_record(found.line),
        **dict(found.settings),
        "api_key_required": found.api_key_required,
        "breaker": found.position,
        "breaker_said": found.breaker_said,
        "pointed_by": found.pointed_by,
        "pointed_at": found.pointed_at,
        "updated_by": found.updated_by,
        "updated_at": found.updated_at,
        "digest": found.digest,
        "secrets": [secret_record(secret) for secret in found.secrets],
        "tools": [tool_record(tool) for tool in found.tools],
    }


def secret_record(secret: SecretLine) -> dict[str, Any]:
    return {
        "name": secret.name,
        "version": secret.version,
        "state": secret.state,
        "created_at": secret.created_at,
        "created_by": secret.created_by,
        "retired_at": secret.retired_at,
    }


def tool_record(tool: ToolLine) -> dict[str, Any]:
    changes = tool.comparison.changes if tool.comparison else ()
    return {
        "name": tool.name,
        "digest": tool.digest,
        "state": tool.state,
        "definition": tool.definition,
        "changes": [{"pointer": one.pointer, "old": one.old, "new": one.new} for one in changes],
        "seen_at": tool.seen_at,
        "decided_at": tool.decided_at,
        "decided_by": tool.decided_by,
    }
