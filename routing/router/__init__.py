"""Which system a request goes to: written and learned rules, then capabilities, then the default, with every score.

Verbs: `write_rule`, `edit_rule`, `switch_rule`, `embed_systems`; `learned` writes rules for `learning`. Read: `choose`.
Invariants: only active systems get new work; vectors of different models never meet; a rule people wrote is never overwritten
by a learned one.
"""
