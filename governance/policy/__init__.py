"""The policy engine: a deterministic defeasible deontic logic. Pure; usable alone.

Promise: `conclude(theory)` tags every literal of a theory (ambiguity blocking, team defeat); `decide(…)` answers whether one
action may happen and why. The same input gives the same bytes, whatever the order of rules, facts or keys. An error in a rule
or a missing fact denies, with the reason. Semantics, text format and grammar: docs/policy.md.
"""
