"""Budgets for tests: a tenant with dollars, and short words for what is asked of them."""

from __future__ import annotations

from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import uuid4

from billing.budgets.actions import reserve, set_plan
from billing.budgets.holds import Hold
from billing.budgets.models import Resource
from governance.scope import Scope
from governance.tenancy import in_tenant
from tests import factories as make

USD = "usd_budget"


def planned(cast: make.Cast, total: str = "100", *, type: str = USD, window: str = "monthly", **options: Any) -> None:
    """A plan of Tess, the tenant admin."""
    settings = {"at": make.AT, **options}
    set_plan(scope=cast.tess, resource_type=type, window_type=window, total=Decimal(total), **settings)


def held(cast: make.Cast, *, by: Scope | None = None, key: str = "", at: datetime = make.AT, **amounts: str) -> Hold:
    """A hold of Bo (unless told otherwise) for the cast's system, for an hour; of 1 USD where nothing is said."""
    return reserve(
        scope=by or cast.bo,
        system_id=cast.system.id,
        key=key or uuid4().hex,
        amounts={name: Decimal(amount) for name, amount in (amounts or {USD: "1"}).items()},
        expires_at=at + timedelta(hours=1),
        at=at,
    )


def row(cast: make.Cast, type: str = USD, window: str = "monthly", *, at: datetime = make.AT) -> Resource:
    """The budget of a window that holds `at`."""
    with in_tenant(cast.tenant.id):
        return Resource.objects.get(
            resource_type=type, window_type=window, window_start__lte=at, window_end__gt=at, tenant_id=cast.tenant.id
        )


def stand(cast: make.Cast, type: str = USD, window: str = "monthly", *, at: datetime = make.AT) -> tuple[str, str, str]:
    """Used, held and free, as text."""
    found = row(cast, type, window, at=at)
    return tuple(format(value.normalize(), "f") for value in (found.used, found.reserved, found.available))  # type: ignore[return-value]
