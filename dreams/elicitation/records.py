"""Scenarios, pairs and runs as the API and exports say them."""

from __future__ import annotations

from typing import Any

from dreams.elicitation.models import Elicitation
from dreams.elicitation.queries import Line, Whole
from dreams.elicitation.scenario import Item
from governance.registry.records import utc


def item_record(item: Item) -> dict[str, Any]:
    """A scenario or a pair with its content."""
    return {
        "kind": item.kind.value,
        "key": item.key,
        "is_active": item.is_active,
        "version": item.version,
        "can_undo": item.can_undo,
        "updated_at": item.updated_at and utc(item.updated_at),
        "updated_by": item.updated_by,
        "content": item.content.as_json(),
    }


def line_record(line: Line) -> dict[str, Any]:
    """The same as a flat row."""
    item = line.item
    return {
        "kind": line.kind,
        "key": item.key,
        "title": item.content.title,
        "subject": line.subject,
        "principle": line.principle,
        "asked": line.question,
        "expected": line.expected,
        "system": item.content.system,
        "is_active": item.is_active,
        "version": item.version,
        "updated_at": utc(item.updated_at) if item.updated_at else "",
        "updated_by": item.updated_by,
    }


def run_record(row: Elicitation) -> dict[str, Any]:
    """A run in figures."""
    names = ("asked", "as_expected", "checks", "agreed", "left_out", "is_passed", "requested_by", "digest")
    return {
        "id": str(row.id),
        "system": row.system.name,
        "at": utc(row.at),
        "version": row.constitution_version,
        "constitution": row.constitution_digest,
        "law": row.law_digest,
        **{name: getattr(row, name) for name in names},
    }


def whole_record(whole: Whole) -> dict[str, Any]:
    """A run with all of its checks."""
    record = whole.record
    return {
        **run_record(whole.row),
        "stale": whole.stale,
        "counts": whole.counts,
        "why": list(whole.why),
        "parts": record["parts"],
        "left_out_items": record["left_out"],
        "results": record["checks"],
    }
