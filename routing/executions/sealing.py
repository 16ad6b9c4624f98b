"""Receipts are anchored some at a time: one ledger entry holds the root of a batch's tree, each receipt knows its leaf.

With the batch, the systems' counts and averages move, and what is kept: an execution is counted exactly once, with its
receipt's sealing.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from governance.errors import NotAllowed, NotFound
from governance.ledger import actions as ledger
from governance.ledger import merkle
from governance.ledger.verbs import governed
from governance.registry.statistics import Ended, fold_within
from governance.scope import Scope
from routing.executions import kept
from routing.executions.models import Execution, Receipt
from routing.executions.stages import Status

MOST: Final = 10_000
EVENT: Final = "execution"


@dataclass(frozen=True, slots=True)
class Anchor:
    """Where a receipt stands: leaf `index` of `size` under `root`, which the ledger entry `sequence` holds."""

    sequence: int
    index: int
    size: int
    root: str
    path: tuple[str, ...]


@governed("executions.seal_receipts")
def seal_receipts(*, scope: Scope, at: datetime) -> int:
    """Anchor what is only signed so far under one entry of the ledger; returns how many. Runs twice without harm."""
    if not scope.actor.is_tars:
        raise NotAllowed("Only TARS's clock does this.")
    waiting = Receipt.objects.select_for_update(skip_locked=True, of=("self",)).filter(
        tenant_id=scope.tenant_id, sealed_in=None
    )
    rows = list(waiting.only("id", "digest", "execution_id", "tenant_id").order_by("id")[:MOST])
    if not rows:
        return 0
    fold_within(tenant_id=scope.tenant_id, ended=_ended(scope, rows))
    kept.tell_within(tenant_id=scope.tenant_id, receipt_ids=[row.id for row in rows], at=at)
    root = merkle.root([_leaf(row) for row in rows]).hex()
    entry = ledger.append(
        scope=scope,
        at=at,
        event_type=EVENT,
        action={"name": "executions.receipts_sealed", "subject": "receipts", "count": len(rows), "root": root},
        explanation=f"{len(rows):,} receipt{'s were' if len(rows) > 1 else ' was'} anchored, which were only signed until now.",
    )
    for index, row in enumerate(rows):
        row.sealed_in, row.leaf = entry.sequence, index
    Receipt.objects.bulk_update(rows, ["sealed_in", "leaf"], batch_size=1000)
    return len(rows)


def anchor_of(receipt: Receipt) -> Anchor:
    """The receipt's way to the ledger, inside a tenant transaction. Raises `NotFound` for one that is not anchored yet."""
    if receipt.sealed_in is None or receipt.leaf is None:
        raise NotFound("This receipt is signed, and anchored in the ledger within a minute. Ask again then.")
    batch = Receipt.objects.filter(tenant_id=receipt.tenant_id, sealed_in=receipt.sealed_in).order_by("leaf")
    leaves = [_leaf(row) for row in batch.only("digest")]
    path = tuple(node.hex() for node in merkle.inclusion_proof(leaves, receipt.leaf))
    return Anchor(receipt.sealed_in, receipt.leaf, len(leaves), merkle.root(leaves).hex(), path)


def _leaf(row: Receipt) -> bytes:
    return row.digest.encode()


def _ended(scope: Scope, rows: Sequence[Receipt]) -> list[Ended]:
    ids: list[UUID] = [row.execution_id for row in rows]
    found = Execution.objects.filter(tenant_id=scope.tenant_id, id__in=ids).exclude(system=None)
    values = found.values_list("system_id", "status", "cost_usd", "duration_ms", "completed_at")
    return [
        Ended(system_id, status == Status.SUCCESS.value, cost, duration, ended_at)
        for system_id, status, cost, duration, ended_at in values
        if system_id is not None
    ]
