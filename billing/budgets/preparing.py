"""What must be there before money is set aside: the windows' rows, and the system's share of each with its quota.

It runs inside the reserve's transaction when a window, a system or a version of its constitution is met for the first time;
all other reserves find everything made. Decisions, also in docs/budgets.md:
a quota or cap on a type and window that nobody planned makes a plan that only counts (`is_limit` false), so that the quota has a
row and binds; a type without any plan is counted by the month and not limited; dollars without a plan stay without a
row, which refuses.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from decimal import Decimal
from uuid import UUID

from django.db import connection

from billing.budgets.amounts import UNLIMITED
from billing.budgets.kinds import TYPES, USD
from billing.budgets.models import BudgetPlan, Resource, SystemShare
from billing.budgets.quotas import Cap, caps_in_plan, caps_of, strictest
from billing.budgets.windows import starts_of, window_of
from governance.ids import new_id
from governance.registry.models import System
from governance.scope import TARS
from governance.tenants.models import Tenant

COUNTED_BY = "monthly"
Plans = dict[tuple[str, str], BudgetPlan]


def alone_with_plans(tenant_id: UUID) -> None:
    """Wait until nobody else changes this tenant's plans or prepares by them; held until the transaction ends."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 5))", [f"budgets:{tenant_id}"])


def prepare_within(*, tenant_id: UUID, system_id: UUID, at: datetime) -> None:
    """Make what a hold of this system at `at` stands on, for every type. Inside the caller's transaction."""
    alone_with_plans(tenant_id)
    system = System.objects.only("id", "name", "constitution", "constitution_version").get(
        tenant_id=tenant_id, id=system_id
    )
    plans = plans_of(tenant_id)
    stated = caps_of(system.constitution)
    named = _named(plans.values(), running(tenant_id=tenant_id, at=at), system=system.name)
    _count(plans, [*stated, *named], tenant_id=tenant_id, at=at)
    make_rows(tenant_id=tenant_id, plans=plans.values(), at=at)
    rows = running(tenant_id=tenant_id, at=at, is_locked=True)
    caps = [*stated, *_named((), rows, system=system.name)]
    _share(rows, caps, system=system, at=at)


def plans_of(tenant_id: UUID) -> Plans:
    """The active plans by type and window."""
    rows = BudgetPlan.objects.filter(tenant_id=tenant_id, is_active=True).order_by("id")
    return {(row.resource_type, row.window_type): row for row in rows}


def running(*, tenant_id: UUID, at: datetime, is_locked: bool = False) -> list[Resource]:
    """The budgets whose window holds `at`, in the order in which they are locked."""
    rows = Resource.objects.filter(tenant_id=tenant_id, window_start__in=starts_of(at), window_end__gt=at)
    return list((rows.select_for_update(no_key=True) if is_locked else rows).order_by("id"))


def make_rows(*, tenant_id: UUID, plans: Iterable[BudgetPlan], at: datetime) -> int:
    """The row of each plan's window that holds `at`, where it is not there yet; returns how many plans there are."""
    most = Tenant.objects.values_list("max_monthly_budget", flat=True).get(id=tenant_id)
    rows = [_row(plan, most=most, at=at) for plan in sorted(plans, key=lambda plan: plan.id)]
    Resource.objects.bulk_create(rows, ignore_conflicts=True)
    return len(rows)


def _row(plan: BudgetPlan, *, most: Decimal, at: datetime) -> Resource:
    start, end = window_of(plan.window_type, at)
    is_dollars = plan.resource_type == USD and plan.is_limit
    return Resource(
        id=new_id(at),
        tenant_id=plan.tenant_id,
        resource_type=plan.resource_type,
        window_type=plan.window_type,
        window_start=start,
        window_end=end,
        total_budget=min(plan.total_budget, most) if is_dollars else plan.total_budget,
        system_quotas=plan.system_quotas,
        alert_threshold=plan.alert_threshold,
        is_limit=plan.is_limit,
        created_at=at,
        updated_at=at,
    )


def _named(plans: Iterable[BudgetPlan], rows: Iterable[Resource], *, system: str) -> list[Cap]:
    """The quotas that plans and running budgets give a system; one on another type counts in the same window."""
    stated = [(one.system_quotas, one.window_type) for one in plans] + [
        (one.system_quotas, one.window_type) for one in rows
    ]
    return [cap for quotas, window in stated for cap in caps_in_plan(quotas, system=system, window=window)]


def _count(plans: Plans, caps: Iterable[Cap], *, tenant_id: UUID, at: datetime) -> None:
    """Plans that only count: for quotas without a plan, and for types without one. Dollars are never without a limit."""
    has_dollars = any(name == USD and plan.is_limit for (name, _), plan in plans.items())
    planned = {name for name, _ in plans}
    wanted = {(cap.type, cap.window) for cap in caps} | {(name, COUNTED_BY) for name in TYPES if name not in planned}
    for name, window in sorted(wanted - set(plans)):
        if name != USD or has_dollars:
            plans[name, window] = counted(name, window, tenant_id=tenant_id, at=at)


def counted(name: str, window: str = COUNTED_BY, *, tenant_id: UUID, at: datetime) -> BudgetPlan:
    """A plan that only counts. Where nobody else changes plans (`alone_with_plans`) and none is in force."""
    settings = {
        "total_budget": UNLIMITED,
        "system_quotas": {},
        "is_active": True,
        "is_limit": False,
        "updated_at": at,
        "updated_by": TARS.name,
    }
    plan, _ = BudgetPlan.objects.update_or_create(
        tenant_id=tenant_id,
        resource_type=name,
        window_type=window,
        defaults=settings,
        create_defaults={**settings, "id": new_id(at), "created_at": at, "created_by": TARS.name},
    )
    return plan


def _share(rows: Iterable[Resource], caps: Iterable[Cap], *, system: System, at: datetime) -> None:
    caps = list(caps)
    shares: Mapping[UUID, SystemShare] = {
        share.resource_id: share
        for share in SystemShare.objects.filter(tenant_id=system.tenant_id, system_id=system.id, resource__in=rows)
    }
    for row in rows:
        cap = strictest(caps, type=row.resource_type, window=row.window_type)
        share = shares.get(row.id) or SystemShare(
            id=new_id(at), tenant_id=system.tenant_id, resource_id=row.id, system_id=system.id
        )
        taken = share.used + share.reserved
        share.quota = None if cap is None else max(cap.limit, taken)
        share.alert_threshold = None if cap is None else cap.alert
        # INVARIANT: a quota below what is taken stays unread, so that it tightens as holds are given back.
        share.fresh_for = 0 if cap is not None and cap.limit < taken else system.constitution_version
        share.save(force_insert=row.id not in shares)
