"""The verbs of money, for whoever calls them from outside; each lives in the module of its matter."""

from __future__ import annotations

from billing.budgets.alerts import check_alerts
from billing.budgets.errors import AboveContract
from billing.budgets.holds import expire_due, release, reserve
from billing.budgets.moves import seal_due
from billing.budgets.plans import grant_monthly, make_windows, set_plan, stop_plan
from billing.budgets.pricing import set_price
from billing.budgets.settling import settle
from billing.budgets.storage import measure_storage
from billing.budgets.top_ups import approve_top_up, ask_top_up, expire_top_ups, reject_top_up, withdraw_top_up

__all__ = [
    "AboveContract",
    "approve_top_up",
    "ask_top_up",
    "check_alerts",
    "expire_due",
    "expire_top_ups",
    "grant_monthly",
    "make_windows",
    "measure_storage",
    "reject_top_up",
    "release",
    "reserve",
    "seal_due",
    "set_plan",
    "set_price",
    "settle",
    "stop_plan",
    "withdraw_top_up",
]
