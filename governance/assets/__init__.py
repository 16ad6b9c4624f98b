"""Shared assets and the mandates that govern them (seeds/002 6.2).

Verbs: `register_asset`, `change_asset`, `retire_asset`, `issue_mandate`, `revoke_mandate`, `record_use`. The precedence of
personal, shared and contested assets is compiled to rules of the engine, which `rulebook` puts beside the others.
"""
