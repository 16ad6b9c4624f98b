"""The counters of safety budgets. Inside the caller's tenant transaction; a window's row comes with its first use."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Any, Final
from uuid import UUID

from django.db import connection

from governance.ids import new_id
from governance.registry.models import System
from governance.rulebook.models import SafetyWindow
from governance.rulebook.safety import SafetyBudget, Used, budget_of, starts_at

_SPEND: Final = """
INSERT INTO safety_windows AS w (id, tenant_id, system_id, starts_at, denials, overrides, risk_spent)
VALUES (%s, %s, %s, %s, %s, %s, %s)
ON CONFLICT (tenant_id, system_id, starts_at) DO UPDATE SET denials = w.denials + excluded.denials,
  overrides = w.overrides + excluded.overrides, risk_spent = w.risk_spent + excluded.risk_spent
"""


def used(*, tenant_id: UUID, system_id: UUID, budget: SafetyBudget, at: datetime, is_locked: bool = False) -> Used:
    """What the window that holds `at` has used. Locked, nobody else spends of it until this transaction ends."""
    if is_locked:
        spend(tenant_id=tenant_id, system_id=system_id, budget=budget, at=at)
    rows = SafetyWindow.objects.filter(tenant_id=tenant_id, system_id=system_id, starts_at=starts_at(budget.window, at))
    row = rows.values_list("denials", "overrides", "risk_spent").first()
    return Used(*row) if row else Used()


def count_override(*, system: System, at: datetime) -> None:
    """Somebody broke the glass over this system: it counts in its safety budget, if it has one."""
    if budget := budget_of(system.constitution):
        spend(tenant_id=system.tenant_id, system_id=system.id, budget=budget, at=at, overrides=1)


def spend(
    *,
    tenant_id: UUID,
    system_id: UUID,
    budget: SafetyBudget,
    at: datetime,
    denials: int = 0,
    overrides: int = 0,
    risk: Decimal = Decimal(0),
) -> None:
    """Count in the window that holds `at`; spending nothing makes and locks the window's row."""
    values: list[Any] = [new_id(at), tenant_id, system_id, starts_at(budget.window, at), denials, overrides, risk]
    with connection.cursor() as cursor:
        cursor.execute(_SPEND, values)
