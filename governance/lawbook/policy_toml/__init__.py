"""policy.toml: what a workspace allows, denies or asks for, compiled to domain guidelines. Pure.

`translate(content, …)` reads the shape that Radium (`[[rules]]` with tool_pattern, action, priority in words) and gemini-cli
(`[[rule]]` with toolName, decision, priority as a number) share. Levels are weights below 600, so that session rules and mandates
outrank a workspace: admin 590, user 580, default 570; inside a level the first rule that matches wins, by preferences. A rule
with a condition that cannot be said is left out and listed: never applied without its condition.
"""

from governance.lawbook.policy_toml.translate import FORMAT, translate

__all__ = ["FORMAT", "translate"]
