"""The tenant's law arrives here: gov.md, policy.toml, LegalRuleML, and session rules that proved themselves.

An import is an amendment of the tenant's law, which is itself a system called `law`: preview, diff of rules, conflicts, tier
check, approval, version. Verbs: `propose_import`, `propose_promotion`. What cannot be translated is listed, never dropped.
"""
