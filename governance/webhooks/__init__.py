"""Webhooks: signed, timed, retried news for other programs, with a delivery log.

Verbs: `add_webhook`, `change_webhook`, `remove_webhook`, `rotate_secret`, `send_test`, `send_again`; `emit` (inside the caller's
transaction). `deliveries` is one attempt. Invariants: a delivery is written with what it tells of and sent after the commit, at
least once; its body never changes; private addresses are refused (`governance.outbound`); a secret is shown once and sealed.
"""
