"""Statements that wait for the next one: they run in their order, whole or not at all, and never for another tenant."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.db import IntegrityError, OperationalError, connection, transaction

from governance import sql
from governance.sql import Statement
from governance.tenancy import in_tenant
from tests import factories as make
from tests.db.tenants.catalogue import connected, rows, trips

_NOTES = "SELECT description FROM systems WHERE tenant_id = %s AND id = %s"
_NOTE = "UPDATE systems SET description = %s WHERE tenant_id = %s AND id = %s"
_BROKEN = "UPDATE systems SET status = %s WHERE tenant_id = %s AND id = %s"


class Desk:
    """A system whose description is written and read by statements that the server has prepared."""

    def __init__(self) -> None:
        self.cast = make.cast()
        self.ids = [self.cast.tenant.id, self.cast.system.id]
        for _ in range(4):
            with in_tenant(self.cast.tenant.id):
                sql.run(self.note("before"))
                assert self.read() == "before"
                sql.run(Statement(_BROKEN, ["active", *self.ids]))

    def note(self, text: str) -> Statement:
        return Statement(_NOTE, [text, *self.ids])

    def read(self) -> str:
        return str(sql.rows(_NOTES, self.ids)[0][0])

    def kept(self) -> str:
        with in_tenant(self.cast.tenant.id):
            return str(rows(_NOTES, *self.ids)[0][0])


@pytest.fixture
def desk() -> Desk:
    return Desk()


def test_soon__goes_with_the_next_statement__which_sees_it(desk: Desk) -> None:
    with trips() as found, in_tenant(desk.cast.tenant.id):
        sql.soon(desk.note("after"))
        assert found == []
        assert desk.read() == "after"
    assert found == [4], "BEGIN, whose it is, what waited, what was asked"
    assert desk.kept() == "after"


def test_soon__and_nothing_after_it__goes_with_the_commit(desk: Desk) -> None:
    with trips() as found, in_tenant(desk.cast.tenant.id):
        sql.soon(desk.note("first"))
        sql.soon(desk.note("last"))
    assert found == [5] and desk.kept() == "last"


@pytest.mark.parametrize("nested", [False, True], ids=["in its own transaction", "in a savepoint"])
def test_soon__left_by_an_error__never_happened(desk: Desk, nested: bool) -> None:
    def fail() -> None:
        sql.soon(desk.note("lost"))
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError), in_tenant(desk.cast.tenant.id):
        if not nested:
            fail()
        with pytest.raises(ZeroDivisionError), transaction.atomic():
            fail()
        assert desk.read() == "before"
        raise ZeroDivisionError
    assert desk.kept() == "before"


def test_soon__of_what_the_database_refuses__in_a_savepoint_that_is_left_by_an_error__hurts_nobody(desk: Desk) -> None:
    with in_tenant(desk.cast.tenant.id):
        sql.soon(desk.note("after"))
        with pytest.raises(ZeroDivisionError), transaction.atomic():
            sql.soon(Statement(_BROKEN, ["no such status", *desk.ids]))
            raise ZeroDivisionError
        assert desk.read() == "after"
    assert desk.kept() == "after"


def test_soon__before_a_query_of_the_orm__is_seen_by_it(desk: Desk) -> None:
    with in_tenant(desk.cast.tenant.id):
        sql.soon(desk.note("after"))
        desk.cast.system.refresh_from_db()
        assert desk.cast.system.description == "after"


@pytest.mark.parametrize(
    "then",
    [lambda _: None, lambda desk: desk.read(), lambda desk: desk.cast.system.refresh_from_db()],
    ids=["commit", "statement", "query of the ORM"],
)
def test_soon__of_what_the_database_refuses__is_raised_by_what_comes_next_and_nothing_is_kept(
    desk: Desk, then: Callable[[Desk], object]
) -> None:
    with pytest.raises(IntegrityError), in_tenant(desk.cast.tenant.id):
        sql.soon(desk.note("half"))
        sql.soon(Statement(_BROKEN, ["no such status", *desk.ids]))
        then(desk)
    assert desk.kept() == "before" and not connection.in_atomic_block


def test_ahead__sees_what_was_asked_before__and_nothing_of_what_is_asked_after(desk: Desk) -> None:
    with trips() as found, in_tenant(desk.cast.tenant.id):
        sql.soon(desk.note("first"))
        ahead = sql.ahead(_NOTES, desk.ids)
        sql.run(desk.note("second"))
        assert ahead.rows() == [("first",)] == ahead.rows()
        assert desk.read() == "second"
    assert found == [5, 1]


def test_ahead__taken_before_anything_else_is_asked__goes_then(desk: Desk) -> None:
    with in_tenant(desk.cast.tenant.id):
        assert sql.ahead(_NOTES, desk.ids).rows() == [("before",)]
        assert sql.ahead("SELECT %s::int", [7]).rows() == [(7,)], "what is not prepared is asked at once"


def test_block__in_which_nothing_is_asked__asks_nothing(desk: Desk) -> None:
    with trips() as found, in_tenant(desk.cast.tenant.id):
        pass
    assert found == []
    assert rows("SELECT count(*) FROM systems") == [(0,)], "and the next statement is nobody's"


def test_blocks__one_after_the_other__begin_as_their_own(desk: Desk) -> None:
    other = Desk()
    with in_tenant(desk.cast.tenant.id):
        pass
    with in_tenant(other.cast.tenant.id):
        assert sql.rows(_NOTES, desk.ids) == []
        assert other.read() == "before"


def test_connection__that_the_server_ended__loses_what_waited_and_says_so(desk: Desk) -> None:
    with connected("super") as server:
        server.execute("SELECT pg_terminate_backend(%s, 5000)", [rows("SELECT pg_backend_pid()")[0][0]])
    with pytest.raises(OperationalError), in_tenant(desk.cast.tenant.id):
        sql.soon(desk.note("lost"))
    connection.close_if_unusable_or_obsolete()
    assert desk.kept() == "before"


def test_pipeline__left_half_read__closes_its_connection(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """The next statement would get the answer that was meant for this one."""

    def interrupted(*_: Any) -> Any:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt), in_tenant(desk.cast.tenant.id):
        patch.setattr("governance.postgres.prepared._come_back", interrupted)
        desk.read()
    connection.close_if_unusable_or_obsolete()
    assert desk.kept() == "before"


def test_array__is_read_back_as_it_was() -> None:
    texts = ["", "a,b", 'say "no"', "back\\slash", "{}", "NULL", "ä\n"]
    ids: list[UUID] = [uuid4(), uuid4()]
    assert sql.rows("SELECT %s::text[], %s::uuid[], %s::int[]", [sql.array(texts), sql.array(ids), sql.array(())]) == [
        (texts, ids, [])
    ]
