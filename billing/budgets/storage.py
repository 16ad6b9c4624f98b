"""Storage is a level, not a sum: measured each hour, and written over what was measured before.

Slices that keep bytes register how to count a tenant's (`register`, from `AppConfig.ready`); a count is one cheap query. Where
counting would read millions of rows, the slice keeps a level instead: it says what it wrote (`change_within`), each row once, and
counts by `level` and what it has not said yet.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from decimal import Decimal
from uuid import UUID

from django.db import connection
from django.db.models import Sum

from billing.budgets import moves
from billing.budgets.amounts import text
from billing.budgets.models import MoveKind, Resource, ResourceType, StorageLevel
from billing.budgets.preparing import alone_with_plans, counted, make_rows, plans_of, running
from billing.budgets.usage import rounded_up
from governance.errors import NotAllowed
from governance.files.models import StoredFile
from governance.ids import new_id
from governance.ledger.verbs import governed
from governance.scope import Scope

GB = Decimal(10**9)
STORAGE = ResourceType.STORAGE_GB.value
_sources: dict[str, Callable[[UUID], int]] = {}


def register(name: str, count: Callable[[UUID], int]) -> None:
    """Count these bytes of a tenant too; again without harm. `count` runs inside the tenant's transaction."""
    _sources[name] = count


def files(tenant_id: UUID) -> int:
    """The bytes of a tenant's files."""
    return StoredFile.objects.filter(tenant_id=tenant_id).aggregate(sum=Sum("size"))["sum"] or 0


def change_within(*, tenant_id: UUID, source: str, bytes: int, at: datetime) -> None:
    """Add to a slice's level (or take from it), in the transaction that makes sure that these bytes are told only once."""
    with connection.cursor() as cursor:
        cursor.execute(_CHANGE, {"id": new_id(at), "tenant": tenant_id, "source": source, "bytes": bytes})


def level(*, tenant_id: UUID, source: str) -> int:
    """What a slice said so far; one row."""
    rows = StorageLevel.objects.filter(tenant_id=tenant_id, source=source)
    return rows.values_list("bytes", flat=True).first() or 0


_CHANGE = """
INSERT INTO storage_levels (id, tenant_id, source, bytes) VALUES (%(id)s, %(tenant)s, %(source)s, greatest(%(bytes)s, 0))
ON CONFLICT (tenant_id, source) DO UPDATE SET bytes = greatest(storage_levels.bytes + %(bytes)s, 0)
"""


@governed("budgets.measure_storage")
def measure_storage(*, scope: Scope, at: datetime) -> Decimal:
    """Write what the tenant keeps, in GB, into the running windows of `storage_gb`; returns it.

    A level above a budget fills it (nothing more can be set aside) and the movement says by how much it is above. Runs twice
    without harm: the same level is no movement.
    """
    if not scope.actor.is_tars:
        raise NotAllowed("Only TARS's clock does this.")
    counts = {name: count(scope.tenant_id) for name, count in sorted(_sources.items())}
    kept = rounded_up(Decimal(sum(counts.values())) / GB)
    alone_with_plans(scope.tenant_id)
    plans = {key: plan for key, plan in plans_of(scope.tenant_id).items() if key[0] == STORAGE}
    make_rows(
        tenant_id=scope.tenant_id,
        plans=plans.values() or [counted(STORAGE, tenant_id=scope.tenant_id, at=at)],
        at=at,
    )
    rows = [row for row in running(tenant_id=scope.tenant_id, at=at, is_locked=True) if row.resource_type == STORAGE]
    if changed := [row for row in rows if _filled(row, kept, at=at)]:
        Resource.objects.bulk_update(changed, ["used", "updated_at"])
        said = {
            "level_gb": text(kept),
            "bytes": {name: str(count) for name, count in counts.items()},
            "lines": [
                {"resource_id": str(row.id), "used": text(row.used), "above": text(kept - row.used)} for row in changed
            ],
        }
        signer = moves.signer_of(scope.tenant_id, at=at, is_fresh=True)
        move = moves.signed(signer=signer, kind=MoveKind.MEASURE, reservation_id=None, said=said, at=at)
        moves.write([(move, None)], tenant_id=scope.tenant_id, at=at)
    return kept


def _filled(row: Resource, level: Decimal, *, at: datetime) -> bool:
    """Set the level on a row that is not saved yet; says whether it changed."""
    used = min(level, row.total_budget - row.reserved)
    if used == row.used:
        return False
    row.used, row.updated_at = used, at
    return True
