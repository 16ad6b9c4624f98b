"""Budgets per tenant, type and window (seeds/004 6).

Verbs: `grant_monthly`. Invariants: `available = total_budget - used - reserved` is computed by the database, never negative; no
dollar budget exceeds the tenant's `max_monthly_budget`, by trigger.
"""
