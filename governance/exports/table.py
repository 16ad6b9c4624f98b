"""Rows as CSV, JSON Lines and JSON. Pure."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any, Final

MEDIA: Final = {
    "csv": "text/csv; charset=utf-8",
    "jsonl": "application/x-ndjson",
    "json": "application/json",
    "pdf": "application/pdf",
    "zip": "application/zip",
}
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


@dataclass(frozen=True, slots=True)
class Column:
    """One column: the name a program reads and, on paper, its share of the width (0: not on paper)."""

    name: str
    label: str = ""
    share: float = 0


@dataclass(frozen=True, slots=True)
class Row:
    """One row: what a table shows of it, and (where they differ) the whole of it for JSON."""

    cells: dict[str, Any]
    document: dict[str, Any] | None = None


def as_csv(columns: Iterable[Column], rows: Iterable[Row]) -> Iterator[bytes]:
    """RFC 4180 with a header row; nothing is an empty cell."""
    names = [column.name for column in columns]
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(names)
    for row in rows:
        writer.writerow([cell(row.cells.get(name)) for name in names])
        if out.tell() > 64_000:
            yield _taken(out)
    yield _taken(out)


def as_jsonl(rows: Iterable[Row]) -> Iterator[bytes]:
    """One object a line."""
    for row in rows:
        yield (json.dumps(row.document or row.cells, ensure_ascii=False, default=plain) + "\n").encode()


def as_json(rows: Iterable[Row]) -> Iterator[bytes]:
    """A list of objects."""
    parts = [row.document or row.cells for row in rows]
    yield (json.dumps(parts, ensure_ascii=False, indent=1, default=plain) + "\n").encode()


def cell(value: Any) -> str:
    """A value as a cell. HAZARD: a spreadsheet runs text that starts like a formula; an apostrophe in front keeps it text."""
    if isinstance(value, list | tuple):
        value = " ".join(map(str, value))
    text = "" if value is None else value if isinstance(value, str) else str(plain(value))
    return f"'{text}" if isinstance(value, str) and text.startswith(_FORMULA) else text


def plain(value: Any) -> Any:
    """What JSON has no word for: times in UTC, amounts as text."""
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat().replace("+00:00", "Z")
    if isinstance(value, Decimal):
        return str(value)
    if isinstance(value, bool | int | float):
        return value
    return str(value)


def _taken(out: io.StringIO) -> bytes:
    text = out.getvalue()
    out.seek(0)
    out.truncate()
    return text.encode()
