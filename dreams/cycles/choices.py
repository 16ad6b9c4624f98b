"""What may be chosen about nights, with its defaults and its bounds. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, field
from decimal import Decimal
from typing import Any, Final

from dreams.verdict.observed import ONE_SIDED, Metric
from governance.errors import Invalid

WINDOW_HOURS: Final = range(1, 13)
CANDIDATES: Final = range(2, 101)
ALPHA: Final = (0.0001, 0.2)
MOST_BUDGET: Final = Decimal(10_000)
PRIMARIES: Final = tuple(metric for metric in Metric if metric not in ONE_SIDED and metric is not Metric.STARS)
"""What a night may improve. Stars of a dream nobody gives while it runs, so they only guard."""


@dataclass(frozen=True, slots=True)
class Aim:
    """What a system's nights try to improve: `primary` by more than `minimum_effect`, with a sample sized for `planned_effect`;
    both are shares of 1 (`observed.gain`)."""

    primary: Metric = Metric.DURATION
    planned_effect: float = 0.10
    minimum_effect: float = 0.02
    is_on: bool = True

    def as_json(self) -> dict[str, Any]:
        return {**asdict(self), "primary": self.primary.value}

    @classmethod
    def of(cls, stored: Mapping[str, Any]) -> Aim:
        """What `as_json` wrote. Raises ValueError or TypeError for anything else."""
        return cls(**{**stored, "primary": Metric(stored["primary"])})


DEFAULT_AIM: Final = Aim()


@dataclass(frozen=True, slots=True)
class Chosen:
    """A tenant's nights. `window_hour` (UTC) None: the quietest hours are found. `budget_usd`: the most that a cycle may cost.
    `aims`: by system id as text, for those that differ from `DEFAULT_AIM`."""

    is_on: bool = True
    window_hour: int | None = None
    window_hours: int = 4
    budget_usd: Decimal = Decimal(5)
    most_candidates: int = 12
    alpha: float = 0.05
    proposes: bool = True
    aims: Mapping[str, Aim] = field(default_factory=dict)

    def aim_of(self, system_id: object) -> Aim:
        return self.aims.get(str(system_id), DEFAULT_AIM)

    def as_json(self) -> dict[str, Any]:
        """For the ledger and programs."""
        found = asdict(self)
        found["budget_usd"] = str(self.budget_usd)
        found["aims"] = {name: aim.as_json() for name, aim in self.aims.items()}
        return found


def check(wish: Chosen) -> None:
    """Raise `Invalid` naming every place that is out of bounds."""
    problems = tuple(_problems(wish))
    if problems:
        raise Invalid("Nights cannot be like that.", problems=problems)


def _problems(wish: Chosen) -> Iterator[tuple[str, str]]:
    if wish.window_hour is not None and wish.window_hour not in range(24):
        yield "/window_hour", "is an hour of the day in UTC, 0 to 23, or empty to find the quietest"
    if wish.window_hours not in WINDOW_HOURS:
        yield "/window_hours", "is 1 to 12 hours"
    if not (wish.budget_usd.is_finite() and 0 <= wish.budget_usd <= MOST_BUDGET):
        yield "/budget_usd", f"is between 0 and {MOST_BUDGET:,} dollars"
    if wish.most_candidates not in CANDIDATES:
        yield "/most_candidates", "is 2 to 100, the dummy among them"
    if not ALPHA[0] <= wish.alpha <= ALPHA[1]:
        yield "/alpha", f"is between {ALPHA[0]:g} and {ALPHA[1]:g}"
    for name, aim in wish.aims.items():
        yield from _aim_problems(f"/aims/{name}", aim)


def _aim_problems(place: str, aim: Aim) -> Iterator[tuple[str, str]]:
    if aim.primary not in PRIMARIES:
        yield f"{place}/primary", f"is one of {', '.join(one.value for one in PRIMARIES)}"
    if not 0 <= aim.minimum_effect < aim.planned_effect <= 1:
        yield f"{place}/planned_effect", "is above the minimum effect, and both are shares between 0 and 1"
