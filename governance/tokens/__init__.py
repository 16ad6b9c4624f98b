"""Tokens for programs: hashed, scoped, expiring, for a person or a system, shown once.

Verbs: `issue_token`, `revoke_token`. Reads: `scope_of_token`, `tokens`. Invariants: only a secret's SHA-256 is stored; a token
never holds more than its person's roles or, for a system, `AGENT_CAPABILITIES`; nobody decides with a token alone.
"""
