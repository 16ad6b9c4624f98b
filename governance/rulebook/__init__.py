"""The only road to a verdict: `actions.decide`. Session rules, saved cases, safety budgets, replay.

Rules come from the tenant's law (`law_document.py` says its shape), the system's constitution, session rules, mandates, and
TARS's own few. Compiled theories are cached by the digests of what they were made from, so that they are never stale.
Verbs: `decide`, `decide_many`, `update_session`, `reset_session`, `revoke_rule`, `extend_rule`, `save_case`, `retire_case`.
"""
