"""What a call brings along beside its arguments: the constitution that holds for it, and whether it is a dream."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from mcp.server.mcpserver import Context

CALL: Final = "tars/call"


def is_dream(ctx: Context) -> bool:
    """Whether nothing may be changed: the agent answers what it would answer."""
    return _call(ctx).get("mode") == "dream"


def number(ctx: Context, name: str, *, least: float, most: float, usual: float) -> float:
    """A number that the constitution sets; the usual one where it sets none, or one that cannot be."""
    law = _call(ctx).get("constitution")
    document = law.get("document") if isinstance(law, Mapping) else None
    value = document.get(name) if isinstance(document, Mapping) else None
    if isinstance(value, bool) or not isinstance(value, int | float):
        return usual
    return float(value) if least <= value <= most else usual


def _call(ctx: Context) -> Mapping[str, Any]:
    found: Any = (ctx.request_context.meta or {}).get(CALL)
    return found if isinstance(found, Mapping) else {}
