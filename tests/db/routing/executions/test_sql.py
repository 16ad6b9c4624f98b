"""What the road writes and reads in plain SQL is what the ORM would."""

from __future__ import annotations

import math
from copy import copy
from typing import Any
from uuid import uuid4

import pytest
from django.db import IntegrityError, transaction

from billing.budgets.models import BudgetMove, Reservation
from governance import sql
from governance.rows import TenantRow
from governance.rulebook.models import StoredVerdict
from governance.tenancy import in_tenant
from routing.connectors.models import Connector
from routing.executions.models import Execution, ExecutionRequest, Receipt
from tests import factories as make
from tests.db.budgets.money import planned
from tests.db.routing.executions import desk

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
