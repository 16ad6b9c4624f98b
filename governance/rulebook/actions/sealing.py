"""What has no entry of its own (permits, answers to TARS itself) is kept signed, and sealed under the ledger some at a time."""

from __future__ import annotations

from datetime import datetime

from governance.errors import NotAllowed
from governance.ledger.verbs import governed
from governance.rulebook import storage
from governance.rulebook.models import StoredVerdict
from governance.scope import Scope

MOST = 10_000


@governed("policy.seal_due")
def seal_due(*, scope: Scope, at: datetime) -> int:
    """Seal what is only signed so far under one entry of the ledger; returns how many. Runs twice without harm."""
    if not scope.actor.is_tars:
        raise NotAllowed("Only TARS's clock does this.")
    waiting = StoredVerdict.objects.select_for_update(skip_locked=True).filter(
        tenant_id=scope.tenant_id, sealed_in=None
    )
    rows = list(waiting.only("id", "digest").order_by("id")[:MOST])
    if rows:
        storage.seal(tenant_id=scope.tenant_id, rows=rows, at=at)
    return len(rows)
