"""A constitution to start a proposal from that holds a system tighter. Pure."""

from __future__ import annotations

from typing import Any


def asking_for_everything(constitution: Any) -> Any:
    """The same constitution, with approval required for each of its capabilities too."""
    if not isinstance(constitution, dict):
        return constitution
    asks, can = (constitution.get(name) for name in ("requires_approval", "capabilities"))
    asks, can = (value if isinstance(value, list) else [] for value in (asks, can))
    more = [name for name in can if name not in asks]
    return {**constitution, "requires_approval": [*asks, *more]}
