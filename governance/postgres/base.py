"""Django's PostgreSQL backend, on whose connection statements may wait for the next one and go there with it.

What waits: how the transaction begins, and statements whose answer nobody needs yet (`governance/sql.py`). It goes with whatever
is asked next, at the latest with the commit; a rollback forgets it. `ENGINE` of the settings.

INVARIANT: every way to the database leads through `send`, `_cursor`, `_commit`, `_rollback` or `_close`, so statements reach the
server in the order in which they were asked.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import psycopg
from django.db.backends.postgresql import base
from psycopg.pq import TransactionStatus

from governance.postgres.prepared import Prepared, Ready


class DatabaseWrapper(base.DatabaseWrapper):
    """One thread's connection."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._beginning: tuple[bytes, ...] = ()
        self._waiting: list[Ready] = []
        self._prepared: Prepared | None = None
        self._raw: psycopg.RawCursor[Any] | None = None

    def begin_with(self, command: bytes) -> bool:
        """Let the transaction begin with this command, together with its first statement; False, and nothing is noted, where it
        has begun or is of a kind of its own."""
        raw = self.connection
        if raw.autocommit or self._beginning or raw.pgconn.transaction_status != TransactionStatus.IDLE:
            return False
        if raw.isolation_level is not None or raw.read_only is not None or raw.deferrable is not None:
            return False
        self._beginning = (b"BEGIN", command)
        return True

    @property
    def is_watched(self) -> bool:
        """Whether somebody wants to see every statement (a log, a wrapper): then Django's cursor runs them, each by itself."""
        return self.connection is None or bool(self.execute_wrappers) or self.queries_logged

    def ready(self, text: bytes, values: Sequence[Any]) -> Ready | None:
        """A statement to wait or to be sent; None where a cursor has to run it: the server has not prepared it, no transaction
        is open, or somebody watches."""
        raw = self.connection
        if self.is_watched or not (self._beginning or raw.pgconn.transaction_status == TransactionStatus.INTRANS):
            return None
        self.validate_no_broken_transaction()
        return self._way().ready(text, values)

    def run(self, text: bytes, values: Sequence[Any]) -> psycopg.RawCursor[Any]:
        """Run a statement that is not prepared; by the third time psycopg has prepared it. What this cursor found is taken out of
        it before the next is run."""
        self.send()
        self.validate_no_broken_transaction()
        if self._raw is None or self._raw.connection is not self.connection:
            self._raw = psycopg.RawCursor(self.connection)
        with self.wrap_database_errors:
            return self._raw.execute(text, values)

    def wait_with(self, statement: Ready) -> None:
        """Let a statement wait for the next one, or for the commit: what goes wrong with it is raised there."""
        self._waiting.append(statement)

    def send(self, *statements: Ready, commits: bool = False) -> None:
        """Run what waits, then these, in one go there and back. Raises Django's errors."""
        if not (self._beginning or self._waiting or statements):
            return
        before, everything = self._beginning, [*self._waiting, *statements]
        self._forget()
        with self.wrap_database_errors:
            self._way().send(everything, before=before, after=b"COMMIT" if commits else b"")

    def _way(self) -> Prepared:
        if self._prepared is None or self._prepared.connection is not self.connection:
            self._prepared = Prepared(self.connection)
        return self._prepared

    def _forget(self) -> None:
        self._beginning, self._waiting = (), []

    def _cursor(self, name: str | None = None) -> Any:
        self.send()
        return super()._cursor(name)  # type: ignore[misc]

    def _commit(self) -> None:
        if self._waiting:
            self.send(commits=True)
        elif self._beginning:
            self._forget()  # nothing was asked in this transaction
        else:
            super()._commit()  # type: ignore[misc]

    def _rollback(self) -> None:
        self._forget()
        super()._rollback()  # type: ignore[misc]

    def _savepoint_rollback(self, sid: str) -> None:
        self._forget()  # all of it was asked since the savepoint, which was set by a statement of its own
        super()._savepoint_rollback(sid)  # type: ignore[misc]

    def _close(self) -> None:
        self._forget()
        super()._close()  # type: ignore[misc]
