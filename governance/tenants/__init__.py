"""Tenants: the walls, their tiers and limits.

Verbs: `open_tenant`, `fix_tenant`, `change_contract`, `deactivate`, `reactivate`. Reads: `current`. Invariants: a tenant's first
ledger entry is TARS's key in it; `max_users` is enforced by the database under a lock on the tenant's row.
"""
