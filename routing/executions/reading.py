"""What an agent was given or answered, as a person reads it: names with their values, and tables. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Any, Final

MOST_ROWS: Final = 50
MOST_COLUMNS: Final = 8


@dataclass(frozen=True, slots=True)
class Cell:
    """One value below its column's name; `is_number`: the whole column holds numbers."""

    column: str
    text: str
    is_number: bool


@dataclass(frozen=True, slots=True)
class Table:
    """Members that are alike, one in a row."""

    title: str
    rows: tuple[tuple[Cell, ...], ...]

    @property
    def head(self) -> tuple[Cell, ...]:
        return self.rows[0]


@dataclass(frozen=True, slots=True)
class Sheet:
    """An object: its plain members as facts, those that hold others as tables."""

    facts: tuple[tuple[str, str], ...]
    tables: tuple[Table, ...]


def sheet_of(value: Any) -> Sheet | None:
    """The sheet of an object of plain values, of lists of them, and of lists or objects of objects of plain values; None for
    what is deeper, larger or no object: only JSON shows that whole."""
    if not isinstance(value, Mapping) or not value:
        return None
    plain = {name: one for name, one in value.items() if _is_plain(one)}
    tables = [_table(named(str(name)), one) for name, one in value.items() if name not in plain]
    found = tuple(table for table in tables if table)
    if len(found) < len(tables):
        return None
    return Sheet(tuple((named(str(name)), worded(one)) for name, one in plain.items()), found)


def named(name: str) -> str:
    """`is_clean` → Is clean."""
    words = name.replace("_", " ")
    return words[:1].upper() + words[1:]


def worded(value: Any) -> str:
    """A plain value in words."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list):
        return ", ".join(map(worded, value)) or "none"
    return "none" if value in (None, "", {}) else str(value)


def _table(title: str, value: Any) -> Table | None:
    is_keyed, key = isinstance(value, Mapping), title.removeprefix("By ")
    objects = [_object(one) for one in (value.values() if is_keyed else value)]
    if not all(objects) or (is_keyed and any(key in one for one in objects)):
        return None
    rows = [{key: name, **one} for name, one in zip(value, objects, strict=True)] if is_keyed else objects
    columns = list(dict.fromkeys(name for row in rows for name in row))
    if len(rows) > MOST_ROWS or len(columns) > MOST_COLUMNS:
        return None
    numeric = {name: all(_is_number(row[name]) for row in rows if name in row) for name in columns}
    return Table(title, tuple(tuple(_cell(row, name, numeric[name]) for name in columns) for row in rows))


def _cell(row: Mapping[str, Any], name: str, is_number: bool) -> Cell:
    return Cell(named(name), worded(row[name]) if name in row else "—", is_number)


def _object(value: Any) -> dict[str, Any]:
    """An object of plain values; nothing for anything else."""
    is_flat = isinstance(value, Mapping) and all(_is_plain(one) for one in value.values())
    return {str(name): one for name, one in value.items()} if is_flat else {}


def _is_plain(value: Any) -> bool:
    if isinstance(value, Sequence) and not isinstance(value, str):
        return all(not isinstance(one, Mapping | list) for one in value)
    return not isinstance(value, Mapping) or not value


def _is_number(value: Any) -> bool:
    if isinstance(value, bool) or value is None:
        return False
    try:
        return Decimal(str(value)).is_finite()
    except InvalidOperation:
        return False
