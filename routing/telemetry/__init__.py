"""Which tools ran, how long they took and which of them failed.

Promise: every tool call that TARS sees, or that an agent tells of, is one row that is never changed. Verbs: `record_within`
(TARS's own calls, inside a step's transaction) and `report` (an agent's).

Invariants: arguments are a digest, unless the connector says that they are kept, and then they are scrubbed. A tool that
answered isError has failed. A time that somebody else claims is never a row's time. Every figure is of a bounded range of
time, and no list counts all its rows.
"""
