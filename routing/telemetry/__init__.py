"""Every tool call of every agent, as a row: who, what, how long, and whether it worked.

Verbs: `record` (inside the caller's transaction), `report` (an agent tells of its own calls). Invariants: a tool that
answers isError counts as a failure; arguments are kept only where the connector says so, their digest always.
"""
