"""Rows written and read in plain SQL, several of them in one round trip: for the road of every request, where making a query
costs more than running it. Anywhere else the ORM does.

A statement is made once for its model and columns, and values go through their fields as the ORM's do. No signal is sent, and
nothing that the database makes (a generated column, a default) is read back.

HAZARD: all statements of a thread share one cursor: what one found is taken out of it before the next is asked.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache, partial
from typing import Any, Final, TypeAlias, TypeVar
from uuid import UUID

from django.contrib.postgres.fields import ArrayField
from django.db import DEFAULT_DB_ALIAS, connection, models
from django.db.models.base import ModelState
from django.db.models.expressions import DatabaseDefault
from pgvector.django import VectorField

from governance.postgres.connection import wrapper
from governance.rows import TenantRow

Row = TypeVar("Row", bound=TenantRow)
Values: TypeAlias = Sequence[Any] | Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Statement:
    """Something to do, with its values."""

    text: str
    values: Sequence[Any]


_NOTHING: Final[Mapping[str, Statement]] = {}


def made(model: type[Row], **values: Any) -> Row:
    """A new row of these columns (by attribute: `system_id`, not `system`), all others by their defaults: what the model itself
    makes, for less. Raises TypeError for a name that is no column."""
    row = model.__new__(model)
    row._state = ModelState()
    known = row.__dict__
    for name, default in _defaults(model):
        known[name] = values.pop(name) if name in values else default()
    if values:
        raise TypeError(f"{model.__name__} has no {', '.join(sorted(values))}")
    return row


def insertion(row: TenantRow, *, instead: Mapping[str, Statement] = _NOTHING) -> Statement:
    """Write a new row whole; some of its fields by what a statement finds `instead` of what the row says."""
    model, known = type(row), row.__dict__
    places: list[str | None] = []
    values: list[Any] = []
    for column in _written(model):
        value = known[column.attname] if column.attname in known else getattr(row, column.attname)
        if instead and column.name in instead:
            places.append(f"({instead[column.name].text})")
            values += instead[column.name].values
        elif value is None:
            places.append("NULL")
        elif type(value) is column.plain:
            places.append(None)
            values.append(value)
        elif isinstance(value, DatabaseDefault):
            places.append("DEFAULT")
        else:
            places.append(None)
            values.append(column.prepared(value))
    return Statement(_inserting(model, tuple(places)), values)


def change(row: TenantRow, names: Sequence[str]) -> Statement:
    """Write these fields of a row that is there."""
    values = [column.prepared(getattr(row, column.attname)) for column in _named(type(row), tuple(names))]
    return Statement(_changing(type(row), tuple(names)), [*values, row.tenant_id, row.id])


def array(values: Iterable[object]) -> str:
    """Values without None as Postgres reads an array of them, for a place that says its type (`%s::uuid[]`): psycopg takes long
    to make one."""
    quoted = [str(value).replace("\\", "\\\\").replace('"', '\\"') for value in values]
    return '{"' + '","'.join(quoted) + '"}' if quoted else "{}"


def run(*statements: Statement) -> None:
    """Run them at once, inside the caller's transaction.

    All see the rows as they were before: none may build on what another one writes, and no two may write the same row.
    """
    one = _joined(statements)
    _asked(one.text, one.values)


def soon(*statements: Statement) -> None:
    """As `run`, on the way of whatever this transaction asks next, at the latest with its commit: no waiting for them alone.

    HAZARD: what is wrong with them is raised there. Who handles it asks inside a savepoint (`atomic`), whose end sends them.
    """
    own, one = wrapper(), _joined(statements)
    if (ready := own.ready(*_given(one.text, one.values))) is None:
        _asked(one.text, one.values)
    else:
        own.wait_with(ready)


def _joined(statements: Sequence[Statement]) -> Statement:
    *others, last = statements
    if not others:
        return last
    parts = ", ".join(f"s{place} AS ({one.text})" for place, one in enumerate(others))
    return Statement(f"WITH {parts} {last.text}", [value for one in statements for value in one.values])


def rows(text: str, values: Values) -> list[tuple[Any, ...]]:
    """What a statement finds, as a cursor gives it."""
    found: list[tuple[Any, ...]] = _asked(text, values).fetchall()
    return found


def read(model: type[Row], text: str, values: Values) -> list[Row]:
    """The rows that a statement finds. A column that is no field of the model becomes an attribute of its name."""
    return _read(model, _asked(text, values))


@dataclass(frozen=True, slots=True)
class Ahead:
    """A statement that was asked ahead; what it finds is the same however often it is taken."""

    _found: Any

    def rows(self) -> list[tuple[Any, ...]]:
        return self._come().fetchall()

    def read(self, model: type[Row]) -> list[Row]:
        return _read(model, self._come())

    def _come(self) -> Any:
        if self._found.pgresult is None:
            wrapper().send()
        return self._found


def ahead(text: str, values: Values) -> Ahead:
    """What a statement finds, for who has more to ask before needing it: it goes there together with what is asked next.

    It runs in its turn: it sees what was asked before, and nothing of what is asked after.
    """
    own = wrapper()
    if (ready := own.ready(*_given(text, values))) is not None:
        own.wait_with(ready)
        return Ahead(ready)
    cursor = _asked(text, values)
    return Ahead(_Fetched(cursor.pgresult, cursor.fetchall()))


@dataclass(frozen=True, slots=True)
class _Fetched:
    """What a cursor found, taken out of it."""

    pgresult: Any
    found: list[tuple[Any, ...]]

    def fetchall(self) -> list[tuple[Any, ...]]:
        return self.found


def _read(model: type[Row], cursor: Any) -> list[Row]:
    # `description` would ask for every column's type as well
    result = cursor.pgresult
    reading = _reading(model, tuple(result.fname(place) for place in range(result.nfields)))
    return [reading.row(model, found) for found in cursor.fetchall()]


_PLACE: Final = re.compile(r"%(?:(%)|s|\((\w+)\)s)")


def _asked(text: str, values: Values) -> Any:
    """A cursor that has run this, or what stands for one; Django's where somebody watches the connection."""
    own, (numbered, given) = wrapper(), _given(text, values)
    if (ready := own.ready(numbered, given)) is not None:
        own.send(ready)
        return ready
    if not own.is_watched:
        return own.run(numbered, given)
    cursor = own.cursor()
    cursor.execute(text, values)
    return cursor


def _given(text: str, values: Values) -> tuple[bytes, Sequence[Any]]:
    """A statement and its values as Postgres takes them."""
    numbered, names = _numbered(text)
    return numbered, [values[name] for name in names] if isinstance(values, Mapping) else values


@lru_cache(maxsize=512)
def _numbered(text: str) -> tuple[bytes, tuple[str, ...]]:
    """A statement as Postgres reads it, with $1 for the first place; and the names of its places, if they have any.

    psycopg does the same, and keeps only what has at most fifty places.
    """
    names: dict[str, int] = {}
    count = 0

    def place(found: re.Match[str]) -> str:
        nonlocal count
        is_percent, name = found.groups()
        if is_percent:
            return "%"
        if name is None:
            count += 1
            return f"${count}"
        return f"${names.setdefault(name, len(names) + 1)}"

    return _PLACE.sub(place, text).encode(), tuple(names)


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
        row = found_row(model, self.names, [values[place] for place in self.places])
        for place, name in self.others:
            setattr(row, name, values[place])
        return row


def found_row(model: type[Row], names: Sequence[str], values: Sequence[Any]) -> Row:
    """What `from_db` makes of a row that was read, without a call for each field: it holds these columns, and no others."""
    row = model.__new__(model)
    row._state = ModelState()
    row._state.adding, row._state.db = False, DEFAULT_DB_ALIAS
    row.__dict__.update(zip(names, values, strict=True))
    row.was_read(names, values)
    return row


@lru_cache
def _reading(model: type[TenantRow], names: tuple[bytes, ...]) -> _Reading:
    columns = tuple(name.decode() for name in names)
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


_PLAIN: Final[Mapping[type[models.Field[Any, Any]], type]] = {
    models.BinaryField: bytes,
    models.BooleanField: bool,
    models.CharField: str,
    models.DateTimeField: datetime,
    models.IntegerField: int,
    models.PositiveIntegerField: int,
    models.PositiveSmallIntegerField: int,
    models.TextField: str,
    models.UUIDField: UUID,
    VectorField: str,
}
"""Values of these are written as they are: asking the field costs as much as all the rest of a statement. A vector may be written
as Postgres reads it."""


@dataclass(frozen=True, slots=True)
class _Column:
    """A field that is written, how it is called, the type of a value that needs no preparing, and what else prepares one."""

    field: models.Field[Any, Any]
    name: str
    attname: str
    plain: type | None
    text: Callable[[Any], str] | None

    def prepared(self, value: Any) -> Any:
        if value is None or type(value) is self.plain:
            return value
        if self.text is not None:
            return self.text(value)
        return self.field.get_db_prep_save(value, connection)

    @property
    def quoted(self) -> str:
        return _quoted(_column(self.field))

    @property
    def place(self) -> str:
        return f"%s::{self.field.db_type(connection)}" if hasattr(self.field, "get_placeholder") else "%s"


@lru_cache
def _defaults(model: type[TenantRow]) -> tuple[tuple[str, Callable[[], Any]], ...]:
    return tuple((field.attname, field.get_default) for field in model._meta.concrete_fields if not field.generated)


@lru_cache
def _written(model: type[TenantRow]) -> tuple[_Column, ...]:
    return tuple(_column_of(field) for field in model._meta.concrete_fields if not field.generated)


@lru_cache
def _named(model: type[TenantRow], names: tuple[str, ...]) -> tuple[_Column, ...]:
    fields = {field.name: field for field in model._meta.concrete_fields}
    return tuple(_column_of(fields[name]) for name in names)


def _column_of(field: models.Field[Any, Any]) -> _Column:
    target = field
    while isinstance(target, models.ForeignKey):
        target = target.target_field
    return _Column(field, field.name, field.attname, _PLAIN.get(type(target)), _text_of(target))


def _text_of(field: models.Field[Any, Any]) -> Callable[[Any], str] | None:
    """What writes a value of this field as Postgres reads it, where psycopg would come to the same text by a longer way."""
    if type(field) is models.JSONField:
        return partial(json.dumps, cls=field.encoder)
    if type(field) is ArrayField and type(field.base_field) is models.UUIDField:
        return array
    return None


@lru_cache(maxsize=512)
def _inserting(model: type[TenantRow], stated: tuple[str | None, ...]) -> str:
    written = _written(model)
    places = [place or column.place for column, place in zip(written, stated, strict=True)]
    columns = ", ".join(column.quoted for column in written)
    return f"INSERT INTO {_quoted(model._meta.db_table)} ({columns}) VALUES ({', '.join(places)})"  # noqa: S608


@lru_cache(maxsize=512)
def _changing(model: type[TenantRow], names: tuple[str, ...]) -> str:
    changes = ", ".join(f"{column.quoted} = {column.place}" for column in _named(model, names))
    return f"UPDATE {_quoted(model._meta.db_table)} SET {changes} WHERE tenant_id = %s AND id = %s"  # noqa: S608


def _column(field: models.Field[Any, Any]) -> str:
    assert field.column is not None
    return field.column


def _quoted(name: str) -> str:
    return connection.ops.quote_name(name)
