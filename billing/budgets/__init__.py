"""Budgets per tenant, type and window (seeds/004 6), and the holds that work takes from them (docs/budgets.md).

Verbs (`actions`): `set_plan`, `stop_plan`, `grant_monthly`, `make_windows`, `reserve`, `settle`, `release`, `expire_due`,
`set_price`, `measure_storage`, `seal_due`, `check_alerts`, `ask_top_up`, `approve_top_up`, `reject_top_up`, `withdraw_top_up`,
`expire_top_ups`. Invariants: `available = total_budget - used - reserved` is computed by the database, never negative; a share
never exceeds its quota; no dollar budget exceeds the tenant's `max_monthly_budget`, by trigger; every movement is signed in its
own transaction.
"""
