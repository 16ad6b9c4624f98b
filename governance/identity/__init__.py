"""People: users, their memberships and roles in a tenant, deputies, and the confirmation before a decision.

Verbs: `add_member`, `set_roles`, `remove_member`, `register_deputy`, `end_deputy`; `confirm` proves presence with the
strongest factor the person has. Invariants: a tenant never has more members than `max_users` (database trigger);
a deputy acts only between two moments and never for a change that the deputy proposed.
"""
