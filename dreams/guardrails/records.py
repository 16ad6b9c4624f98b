"""A watch as a program reads it. Pure."""

from __future__ import annotations

from typing import Any

from dreams.guardrails.queries import Line, Whole
from governance.registry.records import utc


def line_record(one: Line) -> dict[str, Any]:
    return {
        "amendment": one.label,
        "system": one.system,
        "state": one.state,
        "begins_at": utc(one.begins_at),
        "ends_at": utc(one.ends_at),
        "because": one.because,
        "trigger": one.trigger,
        "took_seconds": one.took_seconds,
    }


def whole_record(one: Whole) -> dict[str, Any]:
    return line_record(one.line) | {
        "looked_at": one.looked_at and utc(one.looked_at),
        "closed_at": one.closed_at and utc(one.closed_at),
        "closed_by": one.closed_by,
        "crossing": one.crossing,
        "triggers": [
            {
                "trigger": row.trigger.value,
                "before": row.before,
                "after": row.after,
                "line": row.line,
                "count": row.count,
                "least": row.least,
                "reaction": row.reaction,
                "cannot": row.cannot,
                "has_fired": row.has_fired,
            }
            for row in one.triggers
        ],
    }
