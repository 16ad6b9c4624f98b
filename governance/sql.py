"""Rows written and read in plain SQL, several of them in one round trip: for the road of every request, where making a query
costs more than running it. Anywhere else the ORM does.

A statement is made once for its model and columns, and values go through their fields as the ORM's do. No signal is sent, and
nothing that the database makes (a generated column, a default) is read back.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final, TypeVar

from django.db import DEFAULT_DB_ALIAS, connection, models
from django.db.models.expressions import DatabaseDefault

from governance.rows import TenantRow

Row = TypeVar("Row", bound=TenantRow)


@dataclass(frozen=True, slots=True)
class Statement:
    """Something to do, with its values."""

    text: str
    values: Sequence[Any]


_NOTHING: Final[Mapping[str, Statement]] = {}


def insertion(row: TenantRow, *, instead: Mapping[str, Statement] = _NOTHING) -> Statement:
    """Write a new row whole; some of its fields by what a statement finds `instead` of what the row says."""
    places: list[str | None] = []
    values: list[Any] = []
    for field in _written(type(row)):
        value = getattr(row, field.attname)
        if field.name in instead:
            places.append(f"({instead[field.name].text})")
            values += instead[field.name].values
        elif isinstance(value, DatabaseDefault):
            places.append("DEFAULT")
        else:
            places.append(None)
            values.append(field.get_db_prep_save(value, connection))
    return Statement(_inserting(type(row), tuple(places)), values)


def change(row: TenantRow, names: Sequence[str]) -> Statement:
    """Write these fields of a row that is there."""
    values = [
        field.get_db_prep_save(getattr(row, field.attname), connection) for field in _named(type(row), tuple(names))
    ]
    return Statement(_changing(type(row), tuple(names)), [*values, row.tenant_id, row.id])


def run(*statements: Statement) -> None:
    """Run them at once, inside the caller's transaction.

    All see the rows as they were before: none may build on what another one writes, and no two may write the same row.
    """
    *others, last = statements
    parts = ", ".join(f"s{place} AS ({one.text})" for place, one in enumerate(others))
    with connection.cursor() as cursor:
        cursor.execute(
            f"WITH {parts} {last.text}" if others else last.text, [value for one in statements for value in one.values]
        )


def read(model: type[Row], text: str, values: Sequence[Any] | Mapping[str, Any]) -> list[Row]:
    """The rows that a statement finds. A column that is no field of the model becomes an attribute of its name."""
    with connection.cursor() as cursor:
        cursor.execute(text, values)
        reading = _reading(model, tuple(column.name for column in cursor.description))
        return [reading.row(model, found) for found in cursor.fetchall()]


@dataclass(frozen=True, slots=True)
class _Reading:
    """Where the fields stand among the columns, and what turns a column's value into a field's."""

    names: tuple[str, ...]
    places: tuple[int, ...]
    converters: tuple[tuple[int, Any, Any], ...]
    others: tuple[tuple[int, str], ...]

    def row(self, model: type[Row], found: Sequence[Any]) -> Row:
        values = list(found)
        for place, converter, column in self.converters:
            values[place] = converter(values[place], column, connection)
        row: Row = model.from_db(DEFAULT_DB_ALIAS, self.names, [values[place] for place in self.places])
        for place, name in self.others:
            setattr(row, name, values[place])
        return row


@lru_cache
def _reading(model: type[TenantRow], columns: tuple[str, ...]) -> _Reading:
    columns_of = {_column(field) for field in model._meta.concrete_fields}
    known = {name: place for place, name in enumerate(columns) if name in columns_of}
    fields = [field for field in model._meta.concrete_fields if _column(field) in known]
    converters = []
    for field in fields:
        column = field.get_col(model._meta.db_table)
        found = [*connection.ops.get_db_converters(column), *column.get_db_converters(connection)]
        converters += [(known[_column(field)], converter, column) for converter in found]
    return _Reading(
        names=tuple(field.attname for field in fields),
        places=tuple(known[_column(field)] for field in fields),
        converters=tuple(converters),
        others=tuple((place, name) for place, name in enumerate(columns) if name not in columns_of),
    )


@lru_cache
def _written(model: type[TenantRow]) -> tuple[models.Field[Any, Any], ...]:
    return tuple(field for field in model._meta.concrete_fields if not field.generated)


@lru_cache
def _inserting(model: type[TenantRow], stated: tuple[str | None, ...]) -> str:
    fields = _written(model)
    places = [place or _place(field) for field, place in zip(fields, stated, strict=True)]
    columns = ", ".join(_quoted(_column(field)) for field in fields)
    return f"INSERT INTO {_quoted(model._meta.db_table)} ({columns}) VALUES ({', '.join(places)})"  # noqa: S608


@lru_cache
def _changing(model: type[TenantRow], names: tuple[str, ...]) -> str:
    changes = ", ".join(f"{_quoted(_column(field))} = {_place(field)}" for field in _named(model, names))
    return f"UPDATE {_quoted(model._meta.db_table)} SET {changes} WHERE tenant_id = %s AND id = %s"  # noqa: S608


@lru_cache
def _named(model: type[TenantRow], names: tuple[str, ...]) -> tuple[models.Field[Any, Any], ...]:
    fields = {field.name: field for field in model._meta.concrete_fields}
    return tuple(fields[name] for name in names)


def _column(field: models.Field[Any, Any]) -> str:
    assert field.column is not None
    return field.column


def _place(field: models.Field[Any, Any]) -> str:
    return f"%s::{field.db_type(connection)}" if hasattr(field, "get_placeholder") else "%s"


def _quoted(name: str) -> str:
    return connection.ops.quote_name(name)
