"""What the verbs about tenants share."""

from __future__ import annotations

from uuid import UUID

from django.core.exceptions import ValidationError
from django.db import connection

from governance.errors import DomainError, Invalid
from governance.tenants.models import Tenant


class DomainTaken(DomainError):
    """Another tenant already uses the domain."""

    code = "domain_taken"


class ReasonMissing(Invalid):
    """What is done by hand, or to a whole tenant, needs a reason."""

    code = "reason_missing"


def demand_reason(reason: str, *, why: str) -> str:
    """The reason without white space around it; raises `ReasonMissing` with `Say why … : …`."""
    if not reason.strip():
        raise ReasonMissing(f"Say why {why}: the reason stands on the ledger.", problems=(("/reason", "is missing"),))
    return reason.strip()


def demand_valid(tenant: Tenant) -> None:
    """Raise `Invalid` with a pointer for every fault."""
    try:
        tenant.clean_fields()
        tenant.validate_constraints()
    except ValidationError as error:
        problems = tuple((f"/{name}", " ".join(said)) for name, said in error.message_dict.items())
        raise Invalid(
            "That is no valid tenant: " + " ".join(said for _, said in problems), problems=problems
        ) from error


def next_number(*, tenant_id: UUID, series: str) -> int:
    """The next short number of a series, gapless per committed use, in the caller's transaction (a counter lock)."""
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO counters (id, tenant_id, series, value) VALUES (gen_random_uuid(), %s, %s, 1) "
            "ON CONFLICT (tenant_id, series) DO UPDATE SET value = counters.value + 1 RETURNING value",
            [tenant_id, series],
        )
        return int(cursor.fetchone()[0])
