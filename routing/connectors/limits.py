"""What bounds the calls of one system. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal, InvalidOperation
from typing import Final

MOST_AT_ONCE: Final = 100
MOST_BYTES: Final = 50_000_000
TIMEOUT_MS: Final = (100, 3_600_000)
BYTES: Final = (1_000, MOST_BYTES)
AT_ONCE: Final = (1, MOST_AT_ONCE)


def may_start(*, calling: int, most: int) -> bool:
    """Whether one more call may begin while `calling` are under way. Count them under the connector's row lock."""
    return calling < most


def amounts_of(maximums: Mapping[str, object]) -> dict[str, Decimal]:
    """What one call may cost at most, by resource type. Raises `ValueError` naming the first wrong member."""
    found: dict[str, Decimal] = {}
    for name, text in maximums.items():
        try:
            amount = Decimal(text) if isinstance(text, str) else Decimal("NaN")
        except InvalidOperation:
            amount = Decimal("NaN")
        if not amount.is_finite() or amount < 0 or abs(amount) >= Decimal(10) ** 12:
            raise ValueError(name)
        found[name] = amount
    return found
