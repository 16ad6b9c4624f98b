"""Somebody says who should have got a request. It may be said anew; learning counts it (`routing.learning.evidence`)."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from governance.errors import Invalid
from governance.ids import new_id
from governance.ledger.verbs import governed
from governance.registry.models import Status, System
from governance.scope import Scope
from routing.executions.afterwards import own
from routing.executions.models import Correction


@governed("executions.correct", subject="execution_id")
def correct(*, scope: Scope, execution_id: UUID, system: str, at: datetime) -> Correction:
    """Say that `system` should have got it; "" takes back what was said.

    For who may rate it. Raises `NotFound`, `NotAllowed`, `Away`, `Invalid` (the system that got it, or none that is active).
    """
    execution, _ = own(scope, execution_id, to="say who should have got it")
    found = None
    if system:
        found = System.objects.filter(tenant_id=scope.tenant_id, name=system, status=Status.ACTIVE).first()
        if found is None:
            raise Invalid(f"There is no active system {system[:100]}.", problems=(("/system", "is none"),))
        if found.id == execution.system_id:
            raise Invalid(f"{system} got it. Name the one that should have.", problems=(("/system", "got it"),))
    said = {"system": found, "corrected_by": scope.actor.name, "corrected_at": at}
    row, _ = Correction.objects.update_or_create(
        tenant_id=scope.tenant_id, execution=execution, defaults=said, create_defaults={"id": new_id(at), **said}
    )
    return row
