"""How TARS reaches an agent: one connector per system, its secrets, its pinned tools, its breaker and its limits.

Verbs: `configure`, `set_secret`, `retire_secret`, `look` (reads the agent's tools), `approve_tools`, `disable`, `enable`;
`call` is what executions use.
Invariants: a secret is never read back by anybody but the call; a tool that changed is not called until a person approved it.
"""
