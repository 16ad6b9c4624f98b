"""Systems (agents, products, components, utilities) and every version of every constitution.

Verbs: `register_system`, `set_dependencies`, `fix_system` (ungoverned fields, with a reason), `change_status`;
`write_version` is called by
`amendments` alone. Invariants, held by the database: a constitution (and what is derived from it: `version`,
`capabilities`) changes only beside an amendment or a rollback of the same transaction; versions are gapless and append-only;
dependencies stay inside the tenant, acyclic, and agree with their reverse.
"""
