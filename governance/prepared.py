"""Statements that psycopg has had the server prepare, run again without a cursor: making one ready, which psycopg does anew for
each statement, costs as much as the statement.

HAZARD: which statements are prepared is psycopg's own note (`_prepared`). What is not in it, psycopg runs, prepares and forgets
as ever; nothing is prepared here.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import psycopg
from psycopg import errors
from psycopg.adapt import PyFormat, Transformer
from psycopg.generators import execute
from psycopg.pq import ExecStatus, TransactionStatus
from psycopg.pq.abc import PGresult


@dataclass(frozen=True, slots=True)
class Found:
    """What a statement gave, as a cursor has it."""

    pgresult: PGresult
    _transformer: Any

    def fetchall(self) -> list[tuple[Any, ...]]:
        """Every row. To be called before the connection runs the next statement."""
        self._transformer.set_pgresult(self.pgresult)
        found: list[tuple[Any, ...]] = self._transformer.load_rows(0, self.pgresult.ntuples, tuple)
        return found


class Prepared:
    """The prepared statements of one connection, for the thread that has it."""

    def __init__(self, connection: psycopg.Connection[Any]) -> None:
        self.connection = connection
        self._transformer = Transformer(connection)

    def run(self, text: bytes, values: Sequence[Any]) -> Found | None:
        """Run a statement with $1 for its first place; None, and nothing has happened, where it is not prepared.

        Raises psycopg's errors, and leaves the transaction broken, as a cursor does.
        """
        raw, transformer = self.connection, self._transformer
        if raw._pipeline or raw.pgconn.transaction_status != TransactionStatus.INTRANS:
            return None
        given = transformer.dump_sequence(values, _formats(len(values)))
        key = (text, transformer.types or ())
        name = raw._prepared._names.get(key)
        if name is None:
            return None
        with raw.lock:
            raw.pgconn.send_query_prepared(name, given, param_formats=transformer.formats)
            results = raw.wait(execute(raw.pgconn))
        raw._prepared._names.move_to_end(key)
        return Found(_sound(results, raw), transformer)


def _sound(results: Sequence[PGresult], raw: psycopg.Connection[Any]) -> PGresult:
    (result,) = results
    if result.status not in (ExecStatus.TUPLES_OK, ExecStatus.COMMAND_OK):
        raise errors.error_from_result(result, encoding=raw.info.encoding)
    return result


@lru_cache(maxsize=128)
def _formats(count: int) -> list[PyFormat]:
    return [PyFormat.AUTO] * count
