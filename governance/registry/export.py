"""The list of systems as a file: exactly the filtered rows. Pure."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterable
from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from governance.registry.queries import SystemLine

COLUMNS: Final = (
    "name",
    "type",
    "status",
    "lifecycle",
    "version",
    "constitution_version",
    "capabilities",
    "last_amended_at",
    "open_proposals",
    "total_executions",
    "successful_executions",
    "avg_cost_usd",
    "avg_execution_time_ms",
    "avg_user_satisfaction",
    "description",
)


def as_json(lines: Iterable[SystemLine]) -> str:
    """A list of objects; what was not measured is null, amounts are text."""
    return json.dumps([_record(line) for line in lines], indent=2, ensure_ascii=False, default=_plain) + "\n"


def as_csv(lines: Iterable[SystemLine]) -> str:
    """RFC 4180 with a header row; what was not measured is empty."""
    out = io.StringIO()
    writer = csv.DictWriter(out, fieldnames=COLUMNS)
    writer.writeheader()
    for line in lines:
        writer.writerow({column: _cell(value) for column, value in _record(line).items()})
    return out.getvalue()


def _record(line: SystemLine) -> dict[str, Any]:
    return {
        **{column: getattr(line, column) for column in COLUMNS if hasattr(line, column)},
        "total_executions": line.health.total,
        "successful_executions": line.health.successful,
        "avg_cost_usd": line.health.avg_cost_usd,
        "avg_execution_time_ms": line.health.avg_execution_time_ms,
        "avg_user_satisfaction": line.health.avg_user_satisfaction,
    }


def _cell(value: Any) -> str:
    """HAZARD: a spreadsheet runs text that starts like a formula; an apostrophe in front keeps it text."""
    if isinstance(value, tuple):
        value = " ".join(value)
    text = "" if value is None else value if isinstance(value, str) else str(_plain(value))
    return f"'{text}" if text.startswith(("=", "+", "-", "@", "\t", "\r")) else text


def _plain(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.isoformat()
    return str(value) if isinstance(value, Decimal) else value
