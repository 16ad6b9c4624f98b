"""The facts that a request's rules are asked with. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator
from decimal import Decimal
from typing import Any, Final

from governance.canonical import JSON

_TEXT: Final = 2000
_NAME: Final = re.compile(r"[A-Za-z][A-Za-z0-9_.\-]*")


def facts_of(
    *, text: str, input: JSON, channel: str, depth: int, handed_on_by: str, cost_usd: Decimal | None = None
) -> dict[str, Any]:
    """What the rules may ask about a request: `request.*`, `hop.*`, `cost_usd` when it is known, and the plain values of an
    input object as `input.NAME`."""
    facts: dict[str, Any] = {
        "request": {"text": text[:_TEXT], "channel": channel},
        "hop": {"depth": depth, "from": handed_on_by},
    }
    if cost_usd is not None:
        facts["cost_usd"] = float(cost_usd)
    if isinstance(input, dict) and (plain := dict(_plain(input))):
        facts["input"] = plain
    return facts


def _plain(input: dict[str, Any]) -> Iterator[tuple[str, Any]]:
    for name, value in input.items():
        if _NAME.fullmatch(name) and isinstance(value, str | int | float | bool):
            yield name, value[:_TEXT] if isinstance(value, str) else value
