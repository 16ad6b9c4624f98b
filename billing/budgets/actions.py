"""The verbs of money, for whoever calls them from outside; each lives in the module of its matter."""

from __future__ import annotations

from billing.budgets.errors import AboveContract
from billing.budgets.holds import expire_due, release, reserve
from billing.budgets.moves import seal_due
from billing.budgets.plans import grant_monthly, make_windows, set_plan, stop_plan
from billing.budgets.pricing import set_price
from billing.budgets.settling import settle

__all__ = [
    "AboveContract",
    "expire_due",
    "grant_monthly",
    "make_windows",
    "release",
    "reserve",
    "seal_due",
    "set_plan",
    "set_price",
    "settle",
    "stop_plan",
]
