"""What leaves TARS as a file: exactly what a list shows, with a manifest and a digest, and on the ledger before it leaves.

Verbs: `take` (a filtered list as CSV, JSONL, JSON or PDF; long ones become a job), `begin_record` and `end_record` (the whole
record of a tenant). Reads: `recent`. Lists register with `sources`. Invariants: the entry names filter, count and digest;
what was counted is what is in the file; formulas never reach a spreadsheet.
"""
