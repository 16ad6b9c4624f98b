"""What platform staff do with tenants from outside: open, close, change the contract, and visit for a stated reason.

Verbs: `open_tenant`, `close_tenant`, `reopen_tenant`, `change_terms`, `begin_visit`, `end_visit`. Invariants: to everybody else
these pages do not exist (404); each act is on the ledger of the tenant it touches; a visit lasts one hour at most and can neither
propose nor decide.
"""
