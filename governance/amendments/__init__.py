"""Changes of constitutions: proposed with evidence, approved by those with authority, applied, rolled back.

Verbs: `propose`, `revise`, `rebase`, `withdraw`, `approve`, `reject`, `request_changes`, `apply_due`, `expire_due`,
`roll_back`, `approve_roll_back`, `withdraw_roll_back`, `grant_authority`, `revoke_authority`, `set_quorum`.
Invariants: a constitution changes only in `apply` and `roll_back`; what is approved is one digest of (base version, new
constitution, diff, evidence, policy version), and anything that moves voids the approval; undo is forward (three-way), never
a restored old document; `constitutional_amendments` holds applied amendments only.
"""
