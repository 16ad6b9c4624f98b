"""Statements that psycopg has had the server prepare, run again without a cursor, and several of them in one go there and back:
making one ready, which psycopg does anew for each statement, costs as much as the statement, and so does waiting for each.

HAZARD: which statements are prepared is psycopg's own note (`_prepared`). What is not in it, psycopg runs, prepares and forgets
as ever; nothing is prepared here.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any, Final

import psycopg
from psycopg import errors
from psycopg.abc import PQGen
from psycopg.adapt import PyFormat, Transformer
from psycopg.generators import execute, fetch_many, send
from psycopg.pq import ExecStatus
from psycopg.pq.abc import PGresult

_FINE: Final = (ExecStatus.TUPLES_OK, ExecStatus.COMMAND_OK)


@dataclass(slots=True, eq=False)
class Ready:
    """A statement that can be sent, with its values as they are sent; and once it has come back, what it gave."""

    name: bytes
    values: Sequence[Any]
    formats: Sequence[Any] | None
    _transformer: Any
    pgresult: PGresult | None = field(default=None)

    def fetchall(self) -> list[tuple[Any, ...]]:
        """Every row, as a cursor has them."""
        assert self.pgresult is not None
        self._transformer.set_pgresult(self.pgresult)
        found: list[tuple[Any, ...]] = self._transformer.load_rows(0, self.pgresult.ntuples, tuple)
        return found


class Prepared:
    """The prepared statements of one connection, for the thread that has it."""

    def __init__(self, connection: psycopg.Connection[Any]) -> None:
        self.connection = connection
        self._transformer = Transformer(connection)

    def ready(self, text: bytes, values: Sequence[Any]) -> Ready | None:
        """A statement with $1 for its first place; None where it is not prepared."""
        transformer = self._transformer
        given = transformer.dump_sequence(values, _formats(len(values)))
        key = (text, transformer.types or ())
        known = self.connection._prepared._names
        name = known.get(key)
        if name is None:
            return None
        known.move_to_end(key)
        return Ready(name, given, transformer.formats, transformer)

    def send(self, statements: Sequence[Ready], *, before: Sequence[bytes] = (), after: bytes = b"") -> None:
        """Run them in their order, with commands around them, and wait once.

        The first that fails is raised, as psycopg's error; nothing after it has run, and the transaction is broken, as a cursor
        leaves it.
        """
        raw = self.connection
        with raw.lock:
            if len(statements) == 1 and not before and not after:
                (one,) = statements
                raw.pgconn.send_query_prepared(one.name, one.values, param_formats=one.formats)
                results = raw.wait(execute(raw.pgconn))
            else:
                results = self._piped(statements, before=before, after=after)
        for result in results:
            if result.status not in _FINE:
                raise errors.error_from_result(result, encoding=raw.info.encoding)
        for one, result in zip(statements, results[len(before) :], strict=False):
            one.pgresult = result

    def _piped(self, statements: Sequence[Ready], *, before: Sequence[bytes], after: bytes) -> list[PGresult]:
        """HAZARD: a pipeline that is left half read would answer the next statement with what was meant for this one; so the
        connection is closed then, and its transaction is gone."""
        raw, pgconn = self.connection, self.connection.pgconn
        pgconn.enter_pipeline_mode()
        try:
            for command in before:
                pgconn.send_query_params(command, None)
            for one in statements:
                pgconn.send_query_prepared(one.name, one.values, param_formats=one.formats)
            if after:
                pgconn.send_query_params(after, None)
            pgconn.pipeline_sync()
            results = raw.wait(_come_back(raw, len(before) + len(statements) + bool(after)))
            pgconn.exit_pipeline_mode()
        except BaseException:
            raw.close()
            raise
        return results


def _come_back(raw: psycopg.Connection[Any], count: int) -> PQGen[list[PGresult]]:
    yield from send(raw.pgconn)
    found = []
    for _ in range(count + 1):  # the last is the end of the pipeline
        found += yield from fetch_many(raw.pgconn)
    return found[:-1]


@lru_cache(maxsize=128)
def _formats(count: int) -> list[PyFormat]:
    return [PyFormat.AUTO] * count
