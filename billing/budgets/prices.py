"""From what was used to dollars. Pure.

An unknown price is unknown, not zero, and so is an unknown measure: the sum is then None, and the whole hold is charged. A price
of 0 says that a measure costs nothing, whatever it was.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from billing.budgets.amounts import EXACT, UNLIMITED
from billing.budgets.usage import Usage, rounded_up


@dataclass(frozen=True, slots=True)
class Priced:
    """What one unit of a measure costs from a moment on; `model` "" is for every model without a price of its own."""

    measure: str
    model: str
    usd: Decimal
    from_at: datetime


def in_force(prices: Iterable[Priced], *, at: datetime) -> dict[tuple[str, str], Decimal]:
    """The price of each measure and model at a moment: the latest that has begun."""
    begun = sorted((price for price in prices if price.from_at <= at), key=lambda price: price.from_at)
    return {(price.measure, price.model): price.usd for price in begun}


def dollars(usage: Usage, table: Mapping[tuple[str, str], Decimal]) -> Decimal | None:
    """What the usage cost, each model's tokens by its own price, rounded up to the millionth.

    None where a price or a measure is unknown; never more than an amount can be, whatever an agent says that it used.
    """
    total = Decimal(0)
    for measure, model, used in usage.measures():
        price = table.get((measure, model), table.get((measure, "")))
        if used == 0 or price == 0:
            continue
        if used is None or price is None:
            return None
        total = EXACT.fma(used, price, total)
    return min(rounded_up(total), UNLIMITED)
