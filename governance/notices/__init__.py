"""What people are told: a line in the app, and a mail that links to it. A mail never decides anything.

Verbs: `tell` (inside the caller's transaction), `mark_read`, `set_preference`. Invariants: one notice per person and `key`; mail
is sent by a job after the commit, at most once per notice or digest.
"""
