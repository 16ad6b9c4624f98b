"""People: users, memberships and roles in a tenant, deputies, invitations, and the confirmation before a decision.

Verbs: `add_member`, `set_roles`, `remove_member`, `register_deputy`, `end_deputy`, `invite`, `resend_invitation`,
`revoke_invitation`, `accept_invitation`; `confirm` proves presence with the strongest factor the person has. Invariants: members
and open invitations together never exceed `max_users` (the database holds it for members); a deputy acts only between two moments
and never for a change that the deputy proposed; of an invitation's link only a hash is kept. Higher slices register with
`leaving` what happens to their work when a person leaves.
"""
