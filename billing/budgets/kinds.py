"""The types of budgets and what they are counted in. Pure."""

from __future__ import annotations

from decimal import Decimal
from typing import Final

USD: Final = "usd_budget"
STORAGE: Final = "storage_gb"
UNITS: Final = {
    "llm_tokens": "LLM tokens",
    "compute_hours": "compute hours",
    "api_calls": "API calls",
    STORAGE: "GB of storage",
    USD: "USD",
}
TYPES: Final = tuple(UNITS)


def unit_of(name: str, amount: Decimal) -> str:
    """The unit of an amount: `1 API call`, `2 API calls`."""
    unit = UNITS[name]
    return unit.removesuffix("s") if amount == 1 else unit
