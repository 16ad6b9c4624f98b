"""What one system may have of a budget: the quotas of the plans, and the caps that its own constitution states. Pure.

A constitution caps in `budgets` (`{"usd_budget": 50}`, or `{"llm_tokens": {"limit": 1000, "window": "daily",
"alert_threshold": 0.9}}`; a month where no window is stated; `usd` is `usd_budget`) and in `max_monthly_budget_usd`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Final

from billing.budgets.kinds import TYPES, USD
from governance.canonical import JSON

DEFAULT_WINDOW: Final = "monthly"
_CALLED: Final = {"usd": USD}


@dataclass(frozen=True, slots=True)
class Cap:
    """At most `limit` of `type` in each window. `alert` is the part of it at which people are told; None: the budget's own."""

    type: str
    window: str
    limit: Decimal
    alert: Decimal | None = None


def caps_of(constitution: JSON) -> tuple[Cap, ...]:
    """What a constitution caps. Names that are no budget type are rules' business, not money's."""
    stated = constitution if isinstance(constitution, dict) else {}
    budgets = stated.get("budgets")
    found = [_cap(_CALLED.get(name, name), value) for name, value in sorted((budgets or {}).items())]
    if (most := stated.get("max_monthly_budget_usd")) is not None:
        found.append(Cap(USD, "monthly", Decimal(str(most))))
    return tuple(cap for cap in found if cap.type in TYPES)


def caps_in_plan(quotas: Mapping[str, Any], *, system: str, window: str) -> tuple[Cap, ...]:
    """What the `system_quotas` of a budget of this window allow a system (`{"system": {"resource_type": n}}`)."""
    return tuple(Cap(name, window, Decimal(str(most))) for name, most in sorted((quotas.get(system) or {}).items()))


def strictest(caps: Iterable[Cap], *, type: str, window: str) -> Cap | None:
    """The lowest of the caps on one type in one window; nothing stated: None."""
    return min(
        (cap for cap in caps if (cap.type, cap.window) == (type, window)), key=lambda cap: cap.limit, default=None
    )


def _cap(type: str, value: Any) -> Cap:
    if not isinstance(value, dict):
        return Cap(type, DEFAULT_WINDOW, Decimal(str(value)))
    alert = value.get("alert_threshold")
    window = value.get("window", DEFAULT_WINDOW)
    return Cap(type, window, Decimal(str(value["limit"])), None if alert is None else Decimal(str(alert)))
