"""Which tool a call needs, and whether it may be called. Pure."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Pins:
    """The tools of an agent: approved digests by name, and the names of which a definition waits for approval."""

    approved: Mapping[str, str] = field(default_factory=dict)
    waiting: Collection[str] = frozenset()


def needed(pins: Pins, *, tool: str, action: str, entry: str) -> str:
    """The tool that does the work: the one that is named, the one named like the action, or the entry tool."""
    if tool:
        return tool
    return action if action in pins.approved or action in pins.waiting else entry


def refusal(pins: Pins, *, system: str, tool: str) -> str:
    """Why this tool of the system cannot be called; "" when it can."""
    if tool in pins.waiting:
        how = "changed since it was approved" if tool in pins.approved else "was not approved yet"
        return f"The tool {tool} of {system} {how}. Somebody with the role Operator or Security looks at it and approves it."
    if tool not in pins.approved:
        return f"{system} has no approved tool {tool}. Look at its tools, and approve the one that is meant."
    return ""
