"""A list as a file: exactly the rows that are shown. Pure."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID


def as_csv(rows: Iterable[Mapping[str, Any]], *, columns: Sequence[str]) -> str:
    """RFC 4180 with a header row; lists are joined with "; ", nothing is empty."""
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(columns)
    writer.writerows([_cell(row[column]) for column in columns] for row in rows)
    return out.getvalue()


def as_json(rows: Iterable[Mapping[str, Any]], *, columns: Sequence[str]) -> str:
    """A list of objects; times in UTC as RFC 3339, amounts as text."""
    found = [{column: row[column] for column in columns} for row in rows]
    return json.dumps(found, indent=2, ensure_ascii=False, default=_plain) + "\n"


def _cell(value: Any) -> str:
    """HAZARD: a spreadsheet runs text that starts like a formula; an apostrophe in front keeps it text."""
    if isinstance(value, list | tuple):
        value = "; ".join(str(one) for one in value)
    text = "" if value is None else value if isinstance(value, str) else str(_plain(value))
    return f"'{text}" if text.startswith(("=", "+", "-", "@", "\t", "\r")) else text


def _plain(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.isoformat()
    return str(value) if isinstance(value, Decimal | UUID) else value
