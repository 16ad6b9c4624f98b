"""Plans: what each window of one type starts with. `resources` rows are made from them when their window is first touched."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal, InvalidOperation
from typing import Any
from uuid import UUID

from billing.budgets.amounts import exact, said, text
from billing.budgets.errors import AboveContract, BadPlan, BelowUse
from billing.budgets.kinds import USD
from billing.budgets.models import BudgetPlan, Resource, ResourceType, SystemShare, WindowType
from billing.budgets.preparing import alone_with_plans, make_rows, plans_of, running
from billing.budgets.windows import month_of
from governance.errors import NotAllowed, NotFound
from governance.ids import new_id
from governance.ledger import actions as ledger
from governance.ledger.verbs import governed
from governance.registry.models import System
from governance.scope import Capability, Scope
from governance.tenants.models import Tenant

EVENT = "money"
DEFAULT_ALERT = Decimal("0.80")


@governed("budgets.set_plan", subject="resource_type")
def set_plan(
    *,
    scope: Scope,
    resource_type: str,
    window_type: str,
    total: Decimal,
    system_quotas: Mapping[str, Mapping[str, Any]] | None = None,
    alert_threshold: Decimal = DEFAULT_ALERT,
    at: datetime,
) -> BudgetPlan:
    """Say what every window of one type may use, from the running one on. Zero means none.

    `system_quotas` is `{"system": {"resource_type": n}}`: a quota on another type counts in the same window. Raises `NotAllowed`,
    `BadPlan`, `BadAmount`, `AboveContract`, `BelowUse`.
    """
    scope.demand(Capability.MANAGE_BUDGETS, to="plan budgets")
    _demand_kind(resource_type, window_type)
    exact(total, name=resource_type, least=Decimal(0))
    if not isinstance(alert_threshold, Decimal) or not 0 <= alert_threshold <= 1:
        raise BadPlan(
            "The alert mark is a part of the budget between 0 and 1.", problems=(("/alert_threshold", "0 to 1"),)
        )
    quotas = _quotas(system_quotas or {}, tenant_id=scope.tenant_id)
    alone_with_plans(scope.tenant_id)
    if resource_type == USD:
        demand_within_contract(total, tenant_id=scope.tenant_id)
    plan = _save(scope, resource_type, window_type, total=total, quotas=quotas, alert=alert_threshold, at=at)
    _change_running(plan, at=at)
    _record(plan, "budgets.set_plan", f"{_name(plan)} is {said(resource_type, total)} from now on.", scope=scope, at=at)
    return plan


@governed("budgets.stop_plan", subject="resource_type")
def stop_plan(*, scope: Scope, resource_type: str, window_type: str, at: datetime) -> BudgetPlan:
    """Make no further windows. The running one stays until it ends, with what is used and held.

    Raises `NotAllowed`, `NotFound`.
    """
    scope.demand(Capability.MANAGE_BUDGETS, to="plan budgets")
    _demand_kind(resource_type, window_type)
    alone_with_plans(scope.tenant_id)
    plans = plans_of(scope.tenant_id)
    plan = plans.get((resource_type, window_type))
    if plan is None or not plan.is_limit:
        raise NotFound("There is no such plan in force.")
    stopped = [plan]
    if not any(name == resource_type and other.is_limit and other is not plan for (name, _), other in plans.items()):
        # what only counts beside a limit ends with the last one, so that dollars without a limit are refused
        stopped += [other for (name, _), other in plans.items() if name == resource_type and not other.is_limit]
    for one in stopped:
        one.is_active, one.updated_at, one.updated_by = False, at, scope.actor.name
        one.save(update_fields=["is_active", "updated_at", "updated_by"])
    _record(plan, "budgets.stop_plan", f"{_name(plan)} ends with its running window.", scope=scope, at=at)
    return plan


@governed("budgets.grant_monthly")
def grant_monthly(
    *, scope: Scope, total: Decimal, at: datetime, within: datetime | None = None
) -> tuple[Resource, bool]:
    """The tenant's dollars for the month (UTC) of `within` (or of `at`), and whether they were granted just now.

    The monthly plan says how much; `total` is what it becomes where none is in force. A month is granted once: a second time
    gives what is there. Raises `NotAllowed`, `AboveContract`.
    """
    scope.demand(Capability.MANAGE_TENANT, to="grant a budget")
    moment = within or at
    alone_with_plans(scope.tenant_id)
    rows = Resource.objects.filter(
        tenant_id=scope.tenant_id,
        resource_type=USD,
        window_type=WindowType.MONTHLY,
        window_start=month_of(moment)[0],
    )
    if found := rows.first():
        return found, False
    plan = plans_of(scope.tenant_id).get((USD, WindowType.MONTHLY.value))
    if plan is None or not plan.is_limit:
        exact(total, name=USD, least=Decimal(0))
        demand_within_contract(total, tenant_id=scope.tenant_id)
        plan = _save(scope, USD, WindowType.MONTHLY, total=total, quotas={}, alert=DEFAULT_ALERT, at=at)
    make_rows(tenant_id=scope.tenant_id, plans=[plan], at=moment)
    row = rows.get()
    _record_grant(row, scope=scope, at=at)
    return row, True


@governed("budgets.make_windows")
def make_windows(*, scope: Scope, within: datetime, at: datetime) -> int:
    """The rows of the windows that hold `within`, so that pages show them before they are touched; returns how many plans."""
    if not scope.actor.is_tars:
        raise NotAllowed("Only TARS's clock does this.")
    return make_rows(tenant_id=scope.tenant_id, plans=plans_of(scope.tenant_id).values(), at=within)


def demand_within_contract(total: Decimal, *, tenant_id: UUID) -> None:
    """Raise `AboveContract` for more dollars than the tenant's contract allows in a month."""
    most = Tenant.objects.values_list("max_monthly_budget", flat=True).get(id=tenant_id)
    if total > most:
        raise AboveContract(
            f"{total:.2f} USD is more than this tenant's contract allows in a month ({most:.2f}). Grant less, or change the "
            "contract first."
        )


def wants_grant(*, tenant_id: UUID) -> bool:
    """Whether TARS grants the month's dollars: not where somebody stopped them, or plans dollars in other windows only."""
    rows = BudgetPlan.objects.filter(tenant_id=tenant_id, resource_type=USD, is_limit=True)
    monthly = rows.filter(window_type=WindowType.MONTHLY).first()
    return not rows.exists() if monthly is None else monthly.is_active


def _demand_kind(resource_type: str, window_type: str) -> None:
    if resource_type not in ResourceType.values:
        raise BadPlan(f"A budget is of {', '.join(ResourceType.values)}.", problems=(("/resource_type", "is unknown"),))
    if window_type not in WindowType.values:
        raise BadPlan(f"A window is {', '.join(WindowType.values)}.", problems=(("/window_type", "is unknown"),))


def _quotas(stated: Mapping[str, Mapping[str, Any]], *, tenant_id: UUID) -> dict[str, dict[str, Any]]:
    """Quotas of systems that exist, in known types, as exact numbers."""
    known = set(System.objects.filter(tenant_id=tenant_id, name__in=list(stated)).values_list("name", flat=True))
    if missing := sorted(set(stated) - known):
        raise BadPlan(f"There is no system {missing[0]!r}.", problems=((f"/system_quotas/{missing[0]}", "is unknown"),))
    found: dict[str, dict[str, Any]] = {}
    for name, limits in stated.items():
        if not isinstance(limits, Mapping):
            raise BadPlan("Quotas are by system and type.", problems=((f"/system_quotas/{name}", "is no object"),))
        found[name] = {
            kind: _stored(exact(_decimal(most), name=kind, least=Decimal(0))) for kind, most in limits.items()
        }
    return found


def _decimal(value: Any) -> Any:
    try:
        return value if isinstance(value, bool) else Decimal(str(value))
    except InvalidOperation:
        return value


def _stored(amount: Decimal) -> int | str:
    """A whole number as JSON has them (as the sources show quotas), anything else as exact text."""
    return int(amount) if amount == amount.to_integral_value() and amount < 2**53 else text(amount)


def _save(
    scope: Scope, resource_type: str, window_type: str, *, total: Decimal, quotas: Any, alert: Decimal, at: datetime
) -> BudgetPlan:
    settings = {
        "total_budget": total,
        "system_quotas": quotas,
        "alert_threshold": alert,
        "is_active": True,
        "is_limit": True,
        "updated_at": at,
        "updated_by": scope.actor.name,
    }
    plan, _ = BudgetPlan.objects.update_or_create(
        tenant_id=scope.tenant_id,
        resource_type=resource_type,
        window_type=window_type,
        defaults=settings,
        create_defaults={**settings, "id": new_id(at), "created_at": at, "created_by": scope.actor.name},
    )
    return plan


def _change_running(plan: BudgetPlan, *, at: datetime) -> None:
    """The running window follows its plan; every share of a running budget reads its quota again."""
    make_rows(tenant_id=plan.tenant_id, plans=[plan], at=at)
    rows = running(tenant_id=plan.tenant_id, at=at, is_locked=True)
    for row in rows:
        if (row.resource_type, row.window_type) != (plan.resource_type, plan.window_type):
            continue
        taken = row.used + row.reserved
        if plan.total_budget < taken:
            raise BelowUse(
                f"{said(plan.resource_type, taken)} are used or held in the running window already. Plan at least that, or wait "
                f"until it ends on {row.window_end:%d %B at %H:%M} UTC."
            )
        row.total_budget, row.is_limit = plan.total_budget, True
        row.system_quotas, row.alert_threshold, row.updated_at = plan.system_quotas, plan.alert_threshold, at
        row.save(update_fields=["total_budget", "is_limit", "system_quotas", "alert_threshold", "updated_at"])
    SystemShare.objects.filter(tenant_id=plan.tenant_id, resource__in=rows).update(fresh_for=0)


def _name(plan: BudgetPlan) -> str:
    label = ResourceType(plan.resource_type).label
    return f"The {WindowType(plan.window_type).label.lower()} budget of {label if label.startswith('LLM') else label.lower()}"


def _record(plan: BudgetPlan, verb: str, sentence: str, *, scope: Scope, at: datetime) -> None:
    action = {
        "name": verb,
        "subject": f"{plan.resource_type}, {plan.window_type}",
        "plan_id": str(plan.id),
        "total_budget": text(plan.total_budget),
        "system_quotas": plan.system_quotas,
        "alert_threshold": text(plan.alert_threshold),
    }
    ledger.append(scope=scope, at=at, event_type=EVENT, action=action, explanation=sentence)


def _record_grant(row: Resource, *, scope: Scope, at: datetime) -> None:
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
    explanation = f"{row.total_budget:.2f} USD were granted for {month}."
    ledger.append(scope=scope, at=at, event_type="registration", action=action, explanation=explanation)
