"""Tool calls and figures as plain values, for the API and exports."""

from __future__ import annotations

from typing import Any, Final

from routing.telemetry.queries import Call, Figures

CALL_COLUMNS: Final = (
    "id", "timestamp", "server_name", "tool_name", "success", "execution_time_ms", "error_message", "execution_id", "verdict_id",
    "approved_by", "reported_by", "input_digest", "tool_digest", "input_data",
)  # fmt: skip
FIGURE_COLUMNS: Final = (
    "server_name", "tool_name", "total_calls", "errors", "error_rate", "avg_ms", "p95_ms", "max_ms", "is_slow",
)  # fmt: skip


def call_record(call: Call) -> dict[str, Any]:
    """One call, by the names of the sources' columns."""
    return {
        "id": str(call.id),
        "timestamp": call.at,
        "server_name": call.server,
        "tool_name": call.tool,
        "success": call.success,
        "execution_time_ms": None if call.ms is None else float(call.ms),
        "error_message": call.error or None,
        "execution_id": None if call.execution_id is None else str(call.execution_id),
        "verdict_id": None if call.verdict_id is None else str(call.verdict_id),
        "approved_by": call.approved_by,
        "reported_by": call.reported_by,
        "input_digest": call.input_digest,
        "tool_digest": call.tool_digest,
        "input_data": call.input,
    }


def figure_record(one: Figures) -> dict[str, Any]:
    """One tool's figures, by the names of the sources' queries."""
    return {
        "server_name": one.server,
        "tool_name": one.tool,
        "total_calls": one.total,
        "errors": one.errors,
        "error_rate": float(one.error_rate),
        "avg_ms": None if one.avg_ms is None else float(one.avg_ms),
        "p95_ms": None if one.p95_ms is None else round(one.p95_ms, 1),
        "max_ms": None if one.max_ms is None else float(one.max_ms),
        "is_slow": one.is_slow,
    }
