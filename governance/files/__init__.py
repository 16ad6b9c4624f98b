"""Files a tenant keeps: evidence somebody attached, exports to fetch. Named by their digest, limited in type and size.

Verbs: `keep_file` (inside the caller's transaction), `drop_expired`. Invariants: a file's bytes never change; what a revision's
evidence names is never dropped.
"""
