"""The four triggers of seeds/000 "When to Rollback", what counts as crossing each, and what then happens. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final, Self


class Trigger(StrEnum):
    SUCCESS = "success_drop"
    VIOLATION = "violation"
    SATISFACTION = "satisfaction_drop"
    COST = "cost_spike"


class Reaction(StrEnum):
    """`warn` tells people; `pause` also stops TARS from changing the system by itself; `roll_back` undoes the amendment."""

    WARN = "warn"
    PAUSE = "pause"
    ROLL_BACK = "roll_back"


@dataclass(frozen=True, slots=True)
class Rule:
    """When one trigger fires: at least `least` observations, worse than before by `margin` or more, and the sequential bound
    crossed. `margin` is in the trigger's unit: points of a rate (0.05 is five per cent points), for cost a share of it."""

    trigger: Trigger
    reaction: Reaction
    margin: float
    least: int
    is_on: bool = True

    def as_json(self) -> dict[str, Any]:
        return {
            "reaction": self.reaction.value,
            "margin": self.margin,
            "least": self.least,
            "is_on": self.is_on,
        }

    @classmethod
    def of(cls, trigger: str, said: Mapping[str, Any]) -> Self:
        return cls(
            Trigger(trigger), Reaction(said["reaction"]), float(said["margin"]), int(said["least"]), bool(said["is_on"])
        )


DEFAULTS: Final = (
    Rule(Trigger.SUCCESS, Reaction.ROLL_BACK, margin=0.05, least=20),
    Rule(Trigger.VIOLATION, Reaction.ROLL_BACK, margin=0.0, least=1),
    Rule(Trigger.SATISFACTION, Reaction.ROLL_BACK, margin=0.10, least=8),
    Rule(Trigger.COST, Reaction.ROLL_BACK, margin=0.25, least=20),
)
MARGINS: Final[Mapping[Trigger, tuple[float, float]]] = {
    Trigger.SUCCESS: (0.01, 0.5),
    Trigger.VIOLATION: (0.0, 0.0),
    Trigger.SATISFACTION: (0.01, 0.5),
    Trigger.COST: (0.05, 10.0),
}
LEAST: Final = range(1, 10_001)
DAYS: Final = range(1, 91)
DEFAULT_DAYS: Final = 7
ALPHA: Final = 0.01
"""The chance that a harmless amendment ever fires one trigger, however long and however often it is looked at."""


def rules_of(said: Mapping[str, Mapping[str, Any]]) -> tuple[Rule, ...]:
    """The rules as they were kept; a trigger that was not is by default."""
    return tuple(Rule.of(one.trigger, said[one.trigger]) if one.trigger in said else one for one in DEFAULTS)


def as_kept(rules: tuple[Rule, ...]) -> dict[str, dict[str, Any]]:
    return {rule.trigger.value: rule.as_json() for rule in rules}


def fault(rule: Rule) -> str:
    """What is wrong with a rule that somebody typed; "" when nothing is."""
    low, high = MARGINS[rule.trigger]
    if not low <= rule.margin <= high:
        return f"The margin is {low:g} to {high:g}."
    if rule.least not in LEAST:
        return f"The least number of observations is {LEAST.start} to {LEAST.stop - 1:,}."
    return ""
