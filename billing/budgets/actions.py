from __future__ import annotations

from datetime import datetime
from decimal import Decimal

from django.db import DatabaseError

from billing.budgets.models import Resource, ResourceType, WindowType
from billing.budgets.windows import month_of
from governance.errors import DomainError
from governance.ids import new_id
from governance.ledger import actions as ledger
from governance.ledger.verbs import governed
from governance.scope import Capability, Scope


class AboveContract(DomainError):
    """The tenant's contract allows less."""

    code = "above_contract"


@governed("budgets.grant_monthly")
def grant_monthly(
    *, scope: Scope, total: Decimal, at: datetime, within: datetime | None = None
) -> tuple[Resource, bool]:
    """The tenant's dollars for the month (UTC) of `within` (or of `at`), and whether they were granted just now.

    A month is granted once: a second time gives what is there. Raises `NotAllowed`, `AboveContract`.
    """
    scope.demand(Capability.MANAGE_TENANT, to="grant a budget")
    start, end = month_of(within or at)
    try:
        row, is_new = Resource.objects.get_or_create(
            tenant_id=scope.tenant_id,
            resource_type=ResourceType.USD_BUDGET,
            window_type=WindowType.MONTHLY,
            window_start=start,
            defaults={"id": new_id(at), "window_end": end, "total_budget": total, "created_at": at, "updated_at": at},
        )
    except DatabaseError as error:
        if "tars_budget_limit" not in str(error):
            raise
        raise AboveContract(
            f"{total:.2f} USD is more than this tenant's contract allows in a month. Grant less, or change the contract first."
        ) from error
    if is_new:
        _record(row, scope=scope, at=at)
    return row, is_new


def _record(row: Resource, *, scope: Scope, at: datetime) -> None:
    month = f"{row.window_start:%B %Y}"
    action = {
        "name": "budgets.grant_monthly",
        "subject": month,
        "resource_id": str(row.id),
        "resource_type": row.resource_type,
        "total_budget": f"{row.total_budget:.2f}",
        "window_start": row.window_start.isoformat(),
        "window_end": row.window_end.isoformat(),
    }
    said = f"{row.total_budget:.2f} USD were granted for {month}."
    ledger.append(scope=scope, at=at, event_type="registration", action=action, explanation=said)
