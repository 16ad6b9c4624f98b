"""Long work as rows: keyed, leased, with progress, retries and a dead-letter state; django-q2 only carries the ids.

Verbs: `start` (inside the caller's transaction), `cancel`, `retry`. Kinds register with `jobs.handlers`. `attempts` is one
attempt from claim to end, `tasks` wakes it. Invariants: one row per tenant and key; a job may run twice, so handlers are
idempotent, but never twice at once; a lease that ran out is claimed again by the sweep.
"""
