"""A bar of spent, held and free, as the places of an SVG a hundred units wide. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import Final

WIDTH: Final = Decimal(100)
LEAST: Final = Decimal("0.6")
"""What is there can be seen, however little it is."""


@dataclass(frozen=True, slots=True)
class Bar:
    """Where the parts begin and how wide they are, as an SVG writes numbers; `mark` is "" where nobody is told."""

    spent: str
    held: str
    mark: str


def bar(*, total: Decimal, spent: Decimal, held: Decimal, mark: Decimal | None = None) -> Bar:
    """The bar of a budget of `total`; `mark` is the part (0 to 1) at which people are told."""
    first = _width(spent, total)
    second = min(_width(held, total), WIDTH - first)
    at = "" if mark is None else f"{min(mark * WIDTH, WIDTH - 1):.2f}"
    return Bar(f"{first:.2f}", f"{second:.2f}", at)


def part(*, total: Decimal, taken: Decimal) -> float:
    """How much of it is taken, 0 to 1; all of nothing."""
    return float(taken / total) if total else 1.0


def _width(amount: Decimal, total: Decimal) -> Decimal:
    if amount <= 0 or total <= 0:
        return Decimal(0)
    return max(min(amount / total * WIDTH, WIDTH), LEAST)
