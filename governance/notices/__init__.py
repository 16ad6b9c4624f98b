"""What people are told: a line in the app, and a mail that links to it. A mail never decides anything.

Verbs: `tell`, `tell_all` (inside the caller's transaction, before its ledger entry), `mark_read`, `set_preference`, `put_away`,
`send_again`. Kinds register with `notices.kinds`. Invariants: one notice per person and `key`; one mail per notice, one digest
per person and day; a mail is written in one transaction and sent after its commit, so a killed worker loses none.
"""
