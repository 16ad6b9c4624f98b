"""The audit chain, writing side.

Promise: every governance verb leaves one signed entry in its own transaction, chained per tenant by SHA-256; an entry can
never be changed or removed by the application role. Verbs: `begin`, `append`; decorator `governed`.
Invariants: sequences are gapless per tenant; the chain head is the last lock a transaction takes (rows, then counters, then
the head); the hashed bytes hold salted commitments only, so a field can be redacted later without breaking the chain.
Format: docs/ledger.md, after seeds/002 5.1-5.2.
"""
