"""The safety budget of a constitution (seeds/002 6.1): how many denials and overrides, and how much risk, one window bears. Pure.

    "safety_budget": {"window": "daily", "denials": 20, "overrides": 3, "risk": 100, "risk_of": {"upload_*": 5}}

Whatever is not stated is not limited. At zero the system may only read until the window is over.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from fnmatch import fnmatchcase
from typing import Final

from governance.canonical import JSON

WINDOWS: Final = ("hourly", "daily", "weekly", "monthly")
DEFAULT_WINDOW: Final = "daily"


@dataclass(frozen=True, slots=True)
class SafetyBudget:
    """What one window bears; None: not limited. `risk_of` holds what an action costs, by glob; the dearest that fits counts."""

    window: str
    denials: int | None
    overrides: int | None
    risk: Decimal | None
    risk_of: tuple[tuple[str, Decimal], ...]

    def cost(self, action: str) -> Decimal:
        """The risk of one action; nothing where none is stated."""
        return max((cost for glob, cost in self.risk_of if fnmatchcase(action, glob)), default=Decimal(0))


@dataclass(frozen=True, slots=True)
class Used:
    """What a window has used."""

    denials: int = 0
    overrides: int = 0
    risk: Decimal = Decimal(0)


def budget_of(constitution: JSON) -> SafetyBudget | None:
    """The safety budget that a constitution declares, or None."""
    stated = constitution.get("safety_budget") if isinstance(constitution, dict) else None
    if not isinstance(stated, dict):
        return None
    risk = stated.get("risk")
    return SafetyBudget(
        window=stated.get("window", DEFAULT_WINDOW),
        denials=stated.get("denials"),
        overrides=stated.get("overrides"),
        risk=None if risk is None else _exact(risk),
        risk_of=tuple((glob, _exact(cost)) for glob, cost in sorted((stated.get("risk_of") or {}).items())),
    )


def starts_at(window: str, at: datetime) -> datetime:
    """When the window that holds `at` began, in UTC; weeks begin on Monday."""
    day = at.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    if window == "hourly":
        return at.astimezone(UTC).replace(minute=0, second=0, microsecond=0)
    if window == "weekly":
        return day - timedelta(days=day.weekday())
    return day.replace(day=1) if window == "monthly" else day


def ends_at(window: str, at: datetime) -> datetime:
    """When the window that holds `at` is over and everything may be spent anew, in UTC."""
    begun = starts_at(window, at)
    longest = {"hourly": timedelta(hours=1), "daily": timedelta(days=1), "weekly": timedelta(days=7)}
    return starts_at(window, begun + longest.get(window, timedelta(days=31)))


def is_spent(budget: SafetyBudget, used: Used) -> bool:
    """Whether one of its limits is reached."""
    limits = ((budget.denials, used.denials), (budget.overrides, used.overrides), (budget.risk, used.risk))
    return any(limit is not None and spent >= limit for limit, spent in limits)


def left(budget: SafetyBudget, used: Used) -> Decimal | None:
    """The risk that may still be spent; None: not limited."""
    return None if budget.risk is None else max(budget.risk - used.risk, Decimal(0))


def _exact(number: int | float) -> Decimal:
    return Decimal(str(number))
