"""Routing rules out of what was done: requests that are alike are counted, and what worked for them is proposed as a rule.

Verbs: `learn` (each night), `accept`, `refuse`, `take_back`, `change_settings`. Read: `proposals`, `proposal`, `settings_of`.
Invariants: a rule that people wrote is never changed, and is looked at first; only vectors of one model are compared; each
execution is counted once, in the order in which receipts were anchored; nothing here is on a request's road.
"""
