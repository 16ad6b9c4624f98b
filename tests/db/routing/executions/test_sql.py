"""What the road writes and reads in plain SQL is what the ORM would."""

from __future__ import annotations

import math
from copy import copy
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.db import DataError, IntegrityError, connection, transaction
from django.db.models.expressions import DatabaseDefault
from django.test.utils import CaptureQueriesContext

from billing.budgets.models import BudgetMove, Reservation
from billing.budgets.predicting import predicted
from governance import sql
from governance.errors import DomainError
from governance.rows import TenantRow
from governance.rulebook.models import StoredVerdict
from governance.tenancy import in_tenant
from routing.connectors.models import Connector
from routing.executions import bounding, work
from routing.executions.models import Execution, ExecutionRequest, Receipt
from tests import factories as make
from tests.db.budgets.money import planned
from tests.db.routing.executions import desk
from tests.db.tenants.catalogue import trips

pytestmark = pytest.mark.usefixtures("database")
ROAD: tuple[type[TenantRow], ...] = (
    ExecutionRequest, Execution, Receipt, StoredVerdict, BudgetMove, Reservation, Connector,
)  # fmt: skip


@pytest.fixture
def cast() -> make.Cast:
    cast = make.cast()
    desk.agent(cast, "payroll", maximums={"usd_budget": "2"})
    planned(cast)
    desk.router.written(cast.bo, "Run payroll", "payroll")
    desk.router.embedded(cast)
    assert desk.done(cast.mel, "Run payroll", input={"month": 1, "of": ["ä", None]}).status == "success"
    return cast


def fields(row: TenantRow) -> dict[str, Any]:
    found = {field.attname: getattr(row, field.attname) for field in row._meta.concrete_fields}
    return {
        name: list(value) if name.endswith("embedding") and value is not None else value
        for name, value in found.items()
    }


@pytest.mark.parametrize("model", ROAD, ids=lambda model: model.__name__)
def test_read__gives_what_the_orm_gives(cast: make.Cast, model: type[TenantRow]) -> None:
    with in_tenant(cast.tenant.id):
        by_orm = model._default_manager.filter(tenant_id=cast.tenant.id).order_by("id")[0]
        text = f"SELECT 7 AS seven, * FROM {model._meta.db_table} WHERE tenant_id = %s AND id = %s"
        (found,) = sql.read(model, text, [cast.tenant.id, by_orm.id])
    assert fields(found) == fields(by_orm)
    assert (found.seven, found._state.adding) == (7, False)  # type: ignore[attr-defined]
    assert not found.get_deferred_fields()


@pytest.mark.parametrize("model", ROAD, ids=lambda model: model.__name__)
def test_made__is_what_the_model_makes(cast: make.Cast, model: type[TenantRow]) -> None:
    given = {"id": uuid4(), "tenant_id": cast.tenant.id}
    ours, theirs = sql.made(model, **given), model(**given)
    assert (ours._state.adding, ours._state.db) == (True, None)
    assert not ours.get_deferred_fields() - theirs.get_deferred_fields()
    for name, value in theirs.__dict__.items():
        assert name == "_state" or type(value) is DatabaseDefault or ours.__dict__[name] == value, name
    with pytest.raises(TypeError, match="has no tenant, what"):
        sql.made(model, **given, what=1, tenant=cast.tenant)


@pytest.mark.parametrize("model", [ExecutionRequest, Execution], ids=lambda model: model.__name__)
def test_insertion__writes_what_the_orm_reads(cast: make.Cast, model: type[TenantRow]) -> None:
    with in_tenant(cast.tenant.id):
        row: Any = model._default_manager.filter(tenant_id=cast.tenant.id)[0]
        other = copy(row)
        other.id = uuid4()
        if model is ExecutionRequest:
            other.key = "another"
        sql.run(sql.insertion(other))
        kept = model._default_manager.get(id=other.id)
    assert fields(kept) == fields(other)


def test_insertion__of_a_value_that_is_not_given__takes_the_databases_own(cast: make.Cast) -> None:
    with in_tenant(cast.tenant.id):
        row = Execution(
            id=uuid4(), tenant_id=cast.tenant.id, system_name="payroll", user_request="Run", governance_check={},
            status="success", requested_by="mel", completed_at=make.AT, started_at=make.AT,
        )  # fmt: skip
        sql.run(sql.insertion(row))
        kept = Execution.objects.get(id=row.id)
    assert kept.last_accessed_at is not None
    assert (kept.duration_ms, kept.output_data, kept.routing_path, kept.lifecycle_state) == (0, None, [], "HOT")


def test_read__of_some_columns__leaves_the_others_deferred(cast: make.Cast) -> None:
    with in_tenant(cast.tenant.id):
        (found,) = sql.read(Reservation, "SELECT amounts, id FROM reservations WHERE tenant_id = %s", [cast.tenant.id])
        assert found.amounts == {"usd_budget": "2"} and "held_by" in found.get_deferred_fields()
        assert found.held_by == cast.tars.actor.name


def test_run__of_several__is_one_statement_that_fails_or_works_as_a_whole(cast: make.Cast) -> None:
    with in_tenant(cast.tenant.id):
        request = ExecutionRequest.objects.filter(tenant_id=cast.tenant.id)[0]
        request.progress_note, request.request_embedding = "half", [math.pi] * 384
        twice = copy(request)
        with pytest.raises(IntegrityError), transaction.atomic():
            sql.run(sql.change(request, ["progress_note"]), sql.insertion(twice))
        assert ExecutionRequest.objects.get(id=request.id).progress_note != "half"
        sql.run(sql.change(request, ["progress_note", "request_embedding"]))
        assert ExecutionRequest.objects.get(id=request.id).progress_note == "half"


@pytest.mark.parametrize("text", ["Run payroll", "Translate this poem into Finnish"])
def test_execution__has_the_vector_of_its_request__whether_it_was_routed_or_not(cast: make.Cast, text: str) -> None:
    done = desk.done(cast.mel, text)
    with in_tenant(cast.tenant.id):
        request = ExecutionRequest.objects.get(id=done.id)
        execution = Execution.objects.get(id=done.id)
    assert execution.request_embedding is not None
    assert list(execution.request_embedding) == list(request.request_embedding)
    assert execution.embedding_model == request.embedding_model != ""


_MANY = f"SELECT {', '.join(['%s::int'] * 60)}"


@pytest.mark.parametrize(
    ("text", "values"),
    [
        ("SELECT %s::text, 7 %% 4, %s::uuid[], %s::timestamptz", ["50%", [uuid4()], make.AT]),
        ("SELECT %(b)s::text, %(a)s::int, %(b)s::text, '{\"a\": [1, null]}'::jsonb", {"a": 1, "b": "ä $1 %s", "c": 0}),
        ("SELECT 1 WHERE false", []),
        (_MANY, list(range(60))),
    ],
    ids=["by place", "by name", "nothing", "more places than psycopg keeps"],
)
def test_rows__unwatched__are_those_of_djangos_cursor(cast: make.Cast, text: str, values: Any) -> None:
    """A wrapper watches the connection, so that the second time is Django's."""
    watched: list[str] = []

    def watch(execute: Any, text: str, *rest: Any) -> Any:
        watched.append(text)
        return execute(text, *rest)

    for _ in range(5):  # from the fourth time on it is prepared
        with in_tenant(cast.tenant.id):
            own = sql.rows(text, values)
            with connection.execute_wrapper(watch):
                assert sql.rows(text, values) == own
    assert watched == [text] * 5


def test_rows__after_an_error_or_on_another_connection__are_djangos_errors_and_go_on(cast: make.Cast) -> None:
    with in_tenant(cast.tenant.id):
        with pytest.raises(DataError), transaction.atomic():
            sql.rows("SELECT 1 / %s::int", [0])
        assert sql.rows("SELECT %s::int", [1]) == [(1,)]
    connection.close()
    with in_tenant(cast.tenant.id):
        assert sql.rows("SELECT %s::int", [2]) == [(2,)]
        assert sql.rows("SELECT count(*) FROM executions", []) == [(1,)]
        transaction.set_rollback(True)
        with pytest.raises(transaction.TransactionManagementError):
            sql.rows("SELECT 1", [])


def test_rows__of_what_is_prepared__need_no_cursor(cast: make.Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    """What psycopg has prepared is found again: should it note that otherwise one day, this says so."""
    half = "SELECT 10 / %s::int, %s::text, %s::uuid[], %s::jsonb"
    values: list[Any] = [2, "ä", [cast.tenant.id], '{"a": [1, null]}']
    with in_tenant(cast.tenant.id):
        first = [sql.rows(half, values) for _ in range(5)]
        with monkeypatch.context() as without:
            without.setattr("psycopg.RawCursor.execute", None)
            assert [sql.rows(half, values)] * 5 == first
            with pytest.raises(DataError, match="division by zero"), transaction.atomic():
                sql.rows(half, [0, *values[1:]])
        # psycopg forgets what is prepared when something is rolled back
        assert sql.rows(half, [5, *values[1:]])[0][:2] == (2, "ä")


def test_the_road__is_so_many_statements_in_three_transactions(cast: make.Cast) -> None:
    """docs/work.md: what a request costs the database, in statements and in times that it is waited for."""
    asked: list[str] = []

    def count(execute: Any, text: str, *rest: Any) -> Any:
        asked.append(text)
        return execute(text, *rest)

    with connection.execute_wrapper(count):
        request = desk.asked(cast.mel, "Run payroll")
        work.advance(tenant_id=cast.tenant.id, request_id=request.id, clock=lambda: make.later(5))
    assert desk.execution(cast.mel, request.id).status == "success"
    assert len(asked) == 17, asked
    for _ in range(4):
        desk.done(cast.mel, "Run payroll")
    with trips() as found:
        request = desk.asked(cast.mel, "Run payroll")
        work.advance(tenant_id=cast.tenant.id, request_id=request.id, clock=lambda: make.later(5))
    assert (len(found), sum(found)) == (12, 17 + 3 * 3), (
        "one to take it on, eight to decide and set aside, three to settle"
    )


def test_planned__says_what_the_call_will_probably_cost(cast: make.Cast) -> None:
    for _ in range(2):
        desk.done(cast.mel, "Run payroll")
    with in_tenant(cast.tenant.id):
        request = ExecutionRequest.objects.filter(tenant_id=cast.tenant.id).order_by("-id")[0]
        assert request.system_id is not None
        known = predicted(scope=cast.tars, system_id=request.system_id, at=make.later(9))
        assert known and known["usd_budget"] == bounding.planned(request, cost_at=make.later(9)).cost
        assert bounding.planned(request, cost_at=make.AT - timedelta(days=1)).cost is None
        assert bounding.planned(request).cost is None


def test_verdict__waits_for_the_next_writing__and_is_kept_where_that_is_the_end(
    cast: make.Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    def none_left(**_: Any) -> None:
        raise DomainError("There is no money left.")

    monkeypatch.setattr("routing.executions.opening.holds.reserve_within", none_left)
    done = desk.done(cast.mel, "Run payroll")
    assert (done.status, done.error_message) == ("failed", "There is no money left.")
    with in_tenant(cast.tenant.id):
        assert StoredVerdict.objects.get(id=done.verdict_id).digest == done.governance_check["verdict_digest"]


def test_statements__are_counted_by_who_watches_the_connection(cast: make.Cast) -> None:
    with in_tenant(cast.tenant.id):
        sql.rows("SELECT 1", [])
        with CaptureQueriesContext(connection) as captured:
            sql.rows("SELECT %s::integer", [7])
            sql.run(sql.Statement("SELECT 8", []), sql.Statement("SELECT 9", []))
            sql.read(Connector, "SELECT * FROM connectors WHERE tenant_id = %s", [cast.tenant.id])
        watched: list[str] = []

        def watch(execute: Any, text: str, *said: Any) -> Any:
            watched.append(text)
            return execute(text, *said)

        with connection.execute_wrapper(watch):
            sql.rows("SELECT 10", [])
    assert [query["sql"].split()[0] for query in captured.captured_queries] == ["SELECT", "WITH", "SELECT"]
    assert watched == ["SELECT 10"]
