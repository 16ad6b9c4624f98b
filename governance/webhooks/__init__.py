"""Webhooks: signed, timed, retried news for other programs, with a delivery log.

Verbs: `add_webhook`, `change_webhook`, `remove_webhook`, `rotate_secret`, `send_again`; `emit` (inside the caller's transaction).
Invariants: a delivery is written with what it tells of and sent after the commit, at least once; private addresses are refused.
"""
