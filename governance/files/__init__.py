"""Files a tenant keeps: evidence somebody attached, exports to fetch. Named by their digest, limited in type and size.

Verbs: `upload` (evidence that belongs to nothing yet, for a day), `keep_file` and `claim` (inside the caller's transaction),
`drop_expired`. Invariants: a file's bytes never change; a file without an expiry is never
dropped, so what a revision names stays.
"""
