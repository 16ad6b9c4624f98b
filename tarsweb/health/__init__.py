"""Whether TARS works: `probes` looks, `ready` answers machines without a seat, the page and the API say what to do.

Invariants: nothing here changes anything or shows a secret; of jobs, mail, webhooks and the record people see their tenant's own.
"""
