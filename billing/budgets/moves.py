"""Signed rows of every movement, inside the caller's transaction, and their batches under the ledger."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from billing.budgets import pace
from billing.budgets.models import BudgetMove
from billing.budgets.statements import signed_message, statement
from governance import sql
from governance.canonical import JSON, digest_bytes
from governance.errors import NotAllowed
from governance.ids import new_id
from governance.keys.actions import Signer
from governance.ledger import actions as ledger
from governance.ledger.verbs import governed
from governance.rulebook.statement import digest_of_batch
from governance.scope import Scope, tars_scope

MOST = 10_000
_CACHED = 1_024
_signers: dict[UUID, Signer] = {}


@dataclass(frozen=True, slots=True)
class Signed:
    """A movement ready to be written."""

    id: UUID
    kind: str
    statement: bytes
    digest: str
    signer: str
    signature: bytes


def signer_of(tenant_id: UUID, *, at: datetime, is_fresh: bool = False) -> Signer:
    """TARS's signer in a tenant. Kept in memory: whoever uses it has the database check that its key still holds
    (`tars_reserve` does), and asks again with `is_fresh` when it does not."""
    found = None if is_fresh else _signers.get(tenant_id)
    if found is None:
        found = ledger.signer_for(scope=tars_scope(tenant_id), at=at)
        if len(_signers) >= _CACHED:
            _signers.clear()
        _signers[tenant_id] = found
    return found


def signed(*, signer: Signer, kind: str, reservation_id: UUID | None, said: Mapping[str, JSON], at: datetime) -> Signed:
    """One movement, signed by TARS."""
    id = new_id(at)
    data = statement(
        kind=kind,
        move_id=str(id),
        reservation_id=None if reservation_id is None else str(reservation_id),
        at=at.isoformat(),
        signer=signer.did,
        said=said,
    )
    return Signed(id, kind, data, digest_bytes(data), signer.did, signer.sign(signed_message(data)))


def row_of(move: Signed, reservation_id: UUID | None, *, tenant_id: UUID, at: datetime) -> BudgetMove:
    """The row of a movement, not written yet."""
    return sql.made(
        BudgetMove,
        id=move.id,
        tenant_id=tenant_id,
        kind=move.kind,
        reservation_id=reservation_id,
        at=at,
        statement=move.statement,
        digest=move.digest,
        signer=move.signer,
        signature=move.signature,
    )


def write(moves: Sequence[tuple[Signed, UUID | None]], *, tenant_id: UUID, at: datetime) -> None:
    """Write movements, each with the hold it belongs to."""
    rows = [row_of(move, reservation_id, tenant_id=tenant_id, at=at) for move, reservation_id in moves]
    if len(rows) == 1:
        sql.soon(sql.insertion(rows[0]))
    else:
        BudgetMove.objects.bulk_create(rows)


@governed("budgets.seal_due")
def seal_due(*, scope: Scope, at: datetime) -> int:
    """Put the movements that are only signed so far under one entry of the ledger; returns how many.

    Runs twice without harm.
    """
    if not scope.actor.is_tars:
        raise NotAllowed("Only TARS's clock does this.")
    waiting = BudgetMove.objects.select_for_update(skip_locked=True).filter(tenant_id=scope.tenant_id, sealed_in=None)
    rows = list(waiting.only("id", "digest").order_by("id")[:MOST])
    if not rows:
        return 0
    ids = [row.id for row in rows]
    pace.keep_within(tenant_id=scope.tenant_id, moves=ids)
    movements = "movement was" if len(rows) == 1 else "movements were"
    entry = ledger.append(
        scope=scope,
        at=at,
        event_type="money",
        action={
            "name": "budgets.moves_sealed",
            "subject": "movements of money",
            "count": len(rows),
            "first": str(rows[0].id),
            "last": str(rows[-1].id),
            "moves_digest": digest_of_batch([row.digest for row in rows]),
        },
        explanation=f"{len(rows):,} {movements} of money sealed, which were only signed until now.",
    )
    BudgetMove.objects.filter(tenant_id=scope.tenant_id, id__in=ids).update(sealed_in=entry.sequence)
    return len(rows)
