"""What executions take of the storage budget: told once, by whatever seals them, and never counted over all rows."""

from __future__ import annotations

from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from billing.budgets import storage, systems
from billing.budgets.actions import measure_storage
from governance.tenancy import in_tenant
from routing.executions import kept
from routing.executions.models import Execution
from routing.executions.sealing import seal_receipts
from tests import factories as make
from tests.db.routing.executions import desk
from tests.db.tenants.catalogue import connected

_MANY_SEALED = """
INSERT INTO receipts (id, tenant_id, execution_id, at, statement, digest, signer, signature, sealed_in, leaf)
SELECT gen_random_uuid(), tenant_id, gen_random_uuid(), at, statement, digest, signer, signature, sealed_in, leaf + n
FROM receipts, generate_series(1, 5000) n WHERE tenant_id = %s
"""
pytestmark = pytest.mark.usefixtures("database")


@pytest.fixture
def cast() -> make.Cast:
    cast = make.cast()
    desk.agent(cast, "payroll")
    return cast


def _count(cast: make.Cast) -> int:
    with in_tenant(cast.tenant.id):
        return kept.count(cast.tenant.id)


def test_count__is_the_same_before_and_after_sealing__and_nobody_elses(cast: make.Cast) -> None:
    assert _count(cast) == 0
    desk.done(cast.mel, system="payroll")
    one = _count(cast)
    desk.done(cast.mel, system="payroll")
    both = _count(cast)
    assert 200 < one < both <= 3 * one
    assert [seal_receipts(scope=cast.tars, at=make.later(minutes)) for minutes in (30, 31)] == [2, 0]
    with in_tenant(cast.tenant.id):
        assert (_count(cast), storage.level(tenant_id=cast.tenant.id, source=kept.SOURCE)) == (both, both)
    other = make.stranger()
    with in_tenant(other.tenant_id):
        assert kept.count(other.tenant_id) == 0


def test_measure__reads_no_sealed_execution(cast: make.Cast) -> None:
    desk.done(cast.mel, system="payroll")
    seal_receipts(scope=cast.tars, at=make.later(30))
    measured = measure_storage(scope=cast.tars, at=make.later(31))
    assert measured >= Decimal("0.000001")
    with connected("super", autocommit=False) as server:
        server.execute("SET LOCAL session_replication_role = replica")
        server.execute(_MANY_SEALED, [cast.tenant.id])
        server.execute("ANALYZE receipts")
        server.execute("SET LOCAL enable_seqscan = off")
        rows = server.execute(f"EXPLAIN {kept.UNSEALED}", {"tenant": cast.tenant.id}).fetchall()
        server.rollback()
    plan = "\n".join(row[0] for row in rows)
    assert "receipts_unsealed" in plan and "Seq Scan" not in plan
    with in_tenant(cast.tenant.id), CaptureQueriesContext(connection) as asked:
        kept.count(cast.tenant.id)
    assert len(asked) == 2 and Execution._meta.db_table == "executions"


def test_change__below_nothing__is_nothing(cast: make.Cast) -> None:
    with in_tenant(cast.tenant.id):
        for bytes in (10, -30, 5):
            storage.change_within(tenant_id=cast.tenant.id, source="x", bytes=bytes, at=make.AT)
        assert storage.level(tenant_id=cast.tenant.id, source="x") == 5


def test_maximums__of_the_connector__are_read_by_the_pages_of_money(cast: make.Cast) -> None:
    from routing.connectors.models import Connector

    with in_tenant(cast.tenant.id):
        row = Connector.objects.select_related("system").get(tenant_id=cast.tenant.id, system__name="payroll")
        Connector.objects.filter(id=row.id).update(maximums={"usd_budget": "0.5"})
        assert systems.maximums_of(cast.bo, row.system_id) == {"usd_budget": "0.50 USD"}
