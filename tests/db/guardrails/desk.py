"""What the tests of guardrails share: an agent with a past, an amendment of it, and what happened since."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from dreams.guardrails import looking, tasks
from dreams.guardrails.models import Watch
from governance.amendments.models import AmendmentProposal, ConstitutionalAmendment
from governance.canonical import digest_bytes
from governance.ids import new_id
from governance.tenancy import in_tenant
from routing.executions.models import Execution, Receipt
from tests import factories as make

APPLIED = make.later(60)
LOOK = APPLIED + timedelta(hours=2)


@dataclass(frozen=True, slots=True)
class Done:
    """One execution as it ended: `stars` and `cost` may be unknown, `section` is what it was refused for."""

    status: str = "success"
    cost: str | None = "0.01"
    stars: int | None = None
    section: str = ""
    check: dict[str, Any] | None = None


GOOD = Done()
BAD = Done("failed")


def did(cast: make.Cast, ended: Iterable[Done], *, first: datetime, every: timedelta = timedelta(seconds=20)) -> int:
    """Executions of the cast's system, one after another, each with its receipt."""
    rows, receipts, at = [], [], first
    for one in ended:
        rows.append(_row(cast, one, at=at))
        at += every
        receipts.append(_receipt(rows[-1]))
    with in_tenant(cast.tenant.id):
        Execution.objects.bulk_create(rows, batch_size=500)
        Receipt.objects.bulk_create(receipts, batch_size=500)
    return len(rows)


def _row(cast: make.Cast, one: Done, *, at: datetime) -> Execution:
    is_refused = one.status == "governance_blocked"
    check: dict[str, Any] = {"outcome": "deny", "law": [one.section] if one.section else []} if is_refused else {}
    ended = at + timedelta(seconds=2)
    return Execution(
        id=new_id(at),
        tenant_id=cast.tenant.id,
        system=cast.system,
        system_name=cast.system.name,
        user_request="Audit payroll",
        routing_path=[cast.system.id],
        governance_check=check if one.check is None else one.check,
        status=one.status,
        started_at=at,
        completed_at=ended,
        cost_usd=None if one.cost is None or is_refused else Decimal(one.cost),
        user_satisfaction=one.stars,
        rated_at=ended if one.stars else None,
        requested_by="bo@example.org",
        last_accessed_at=at,
    )


def _receipt(row: Execution) -> Receipt:
    assert row.completed_at is not None
    said = str(row.id).encode()
    return Receipt(
        id=new_id(row.completed_at),
        tenant_id=row.tenant_id,
        execution=row,
        at=row.completed_at,
        statement=said,
        digest=digest_bytes(said),
        signer="did:key:z",
        signature=b"-",
    )


def before(cast: make.Cast, ended: Iterable[Done]) -> None:
    """A past of the days before the amendment."""
    did(cast, ended, first=APPLIED - timedelta(days=2))


def since(cast: make.Cast, ended: Iterable[Done], *, first: datetime = APPLIED + timedelta(minutes=1)) -> None:
    did(cast, ended, first=first)


def amended(cast: make.Cast, **fields: Any) -> AmendmentProposal:
    """An amendment that undoing expands nothing: a smaller delay, unless other fields are given."""
    return make.applied(cast, at=APPLIED, **(fields or {"fallback_delay_ms": 200}))


def looked(cast: make.Cast, *, at: datetime = LOOK) -> int:
    return tasks.watch_tenant(scope=cast.tars, at=at)


def watch_of(cast: make.Cast, proposal: AmendmentProposal) -> Watch:
    with in_tenant(cast.tenant.id):
        rows = Watch.objects.select_related("amendment")
        return rows.get(tenant_id=cast.tenant.id, amendment__number=proposal.number)


def amendment_of(cast: make.Cast, proposal: AmendmentProposal) -> ConstitutionalAmendment:
    with in_tenant(cast.tenant.id):
        return ConstitutionalAmendment.objects.get(tenant_id=cast.tenant.id, number=proposal.number)


def visited(cast: make.Cast, watch: Watch, *, at: datetime) -> str:
    return looking.visit(scope=cast.tars, watch_id=watch.id, at=at).value
