"""The audit trail, reading side: verify, search, explain, export.

Promise: `verify.verify` re-derives the whole record of one tenant from a stream of records and names every row that
does not follow from the signed chain; it shares hash primitives with the writer and nothing else, and it is pure: the
same code checks a database and a file on a stranger's machine. Reads: `queries.records`, `queries.verified`,
`queries.search`, `queries.explained`; `export.write`, `export.read`. Invariants: integrity and completeness are said
apart; only the scope's tenant is ever read. What is covered and what is not: docs/ledger.md.
"""
