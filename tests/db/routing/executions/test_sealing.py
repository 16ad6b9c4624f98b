"""Receipts are signed at once and anchored in batches; systems are counted with them."""

from __future__ import annotations

from decimal import Decimal

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from governance.errors import NotAllowed, NotFound
from governance.keys.did import public_key_of
from governance.ledger import merkle
from governance.ledger.models import LedgerEntry
from governance.registry.statistics import Ended, fold_within
from governance.tenancy import in_tenant
from routing.executions.models import Receipt
from routing.executions.receipt import signed_message
from routing.executions.sealing import anchor_of, seal_receipts
from tests import factories as make
from tests.db.routing.executions import desk

pytestmark = pytest.mark.usefixtures("database")


@pytest.fixture
def cast() -> make.Cast:
    return make.cast()


def test_receipt__is_signed_by_tars_over_its_statement(cast: make.Cast) -> None:
    desk.agent(cast, "payroll")
    found = desk.receipt(cast.mel, desk.done(cast.mel, system="payroll").id)
    key = Ed25519PublicKey.from_public_bytes(public_key_of(found.signer))
    key.verify(bytes(found.signature), signed_message(bytes(found.statement)))


def test_seal__anchors_every_receipt_once__each_proves_its_place(cast: make.Cast) -> None:
    desk.agent(cast, "payroll")
    ids = [desk.done(cast.mel, system="payroll").id for _ in range(5)]
    assert seal_receipts(scope=cast.tars, at=make.later(30)) == 5
    assert seal_receipts(scope=cast.tars, at=make.later(31)) == 0
    with in_tenant(cast.tenant.id):
        for id in ids:
            row = Receipt.objects.get(execution_id=id)
            anchor = anchor_of(row)
            path = [bytes.fromhex(node) for node in anchor.path]
            root = bytes.fromhex(anchor.root)
            assert merkle.verify_inclusion(
                leaf=row.digest.encode(), index=anchor.index, size=anchor.size, proof=path, root=root
            )
        assert LedgerEntry.objects.filter(action_name="executions.receipts_sealed").count() == 1
    system = desk.system(cast.bo, "payroll")
    assert (system.total_executions, system.successful_executions) == (5, 5)


def test_seal__is_the_clock_s_alone(cast: make.Cast) -> None:
    with pytest.raises(NotAllowed):
        seal_receipts(scope=cast.bo, at=make.later(30))


def test_receipt__that_is_not_anchored_yet__says_so(cast: make.Cast) -> None:
    desk.agent(cast, "payroll")
    found = desk.receipt(cast.mel, desk.done(cast.mel, system="payroll").id)
    with in_tenant(cast.tenant.id), pytest.raises(NotFound, match="within a minute"):
        anchor_of(found)


def test_averages__move_by_what_is_known(cast: make.Cast) -> None:
    id = cast.system.id
    with in_tenant(cast.tenant.id):
        fold_within(
            tenant_id=cast.tenant.id, ended=[Ended(id, True, Decimal(2), 100), Ended(id, False, Decimal(4), 300)]
        )
        fold_within(tenant_id=cast.tenant.id, ended=[Ended(id, True, None, None)])
    system = desk.system(cast.bo, "clay-consigliere")
    assert (system.total_executions, system.successful_executions) == (3, 2)
    assert (system.avg_cost_usd, system.avg_execution_time_ms) == (Decimal(3), 200)
