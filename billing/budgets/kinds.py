"""The types of budgets and what they are counted in. Pure."""

from __future__ import annotations

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
