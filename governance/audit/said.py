"""What the members of an entry's action say, read without trusting them. Pure."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from governance.ledger.hashing import nanoseconds


def statements(action: dict[str, Any]) -> list[tuple[str, str]]:
    """The signed answers an entry carries: its own, or those of a rollback."""
    found = [action] if "statement" in action else action.get("decisions")
    if not isinstance(found, list):
        return []
    return [(str(item.get("statement")), str(item.get("signature"))) for item in found if isinstance(item, dict)]


def in_utc(text: Any) -> str:
    """An ISO 8601 time with any offset, as entries write times; empty for anything else."""
    try:
        return nanoseconds(datetime.fromisoformat(str(text)))
    except ValueError:
        return ""


def whole(value: Any) -> int:
    return value if isinstance(value, int) else -1
