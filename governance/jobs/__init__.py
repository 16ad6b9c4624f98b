"""Long work as rows: keyed, leased, with progress, retries and a dead-letter state; django-q2 only carries the ids.

Verbs: `start` (inside the caller's transaction), `cancel`, `retry`. Kinds register with `jobs.handlers`. Invariants: one
row per tenant and key; a job may run twice, so handlers are idempotent; a lease that ran out is claimed again by the sweep.
"""
