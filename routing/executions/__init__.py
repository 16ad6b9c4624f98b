"""One request in, one governed execution out, in steps that each commit.

Verbs: `handle` (takes a request on), `approve`, `reject`, `cancel`, `rate`, `dispute`; `work` is one request's way through
the steps, `runner` the process that works on all of them. Invariants: `executions` holds finished executions only, written
whole; an approved action runs once, for the approved digest; a request holds money exactly while it may still call.
"""
