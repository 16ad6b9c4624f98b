"""How much a decision could cost if it is wrong: one word with its reasons. Pure.

The word follows from what the change is, never from who asks; a reason that is not known does not count.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

MANY_CHANGES = 4
MANY_DEPENDENTS = 3


class Level(StrEnum):
    HIGH = "high"
    MEDIUM = "medium"
    LOW = "low"

    @property
    def rank(self) -> int:
        """0 for the highest, for sorting."""
        return list(Level).index(self)


@dataclass(frozen=True, slots=True)
class Facts:
    """What is known of one question. `protected` names the protected places it touches, `dependents` counts systems that build
    on the one that changes, `is_act` is a call that an agent makes once it is approved."""

    effect: str
    basis: str = "ordinary"
    protected: tuple[str, ...] = ()
    changes: int = 1
    dependents: int = 0
    is_overdue: bool = False
    is_second_person: bool = False
    is_act: bool = False


@dataclass(frozen=True, slots=True)
class Risk:
    """The word, and why; a low risk says why it is low."""

    level: Level
    reasons: tuple[str, ...]

    @property
    def why(self) -> str:
        return "; ".join(self.reasons)


_BASIS = {
    "compliance": "a compliance change cannot be rolled back",
    "security_patch": "a security patch cannot be rolled back",
    "data_integrity": "a data-integrity fix cannot be rolled back",
}


def risk_of(facts: Facts) -> Risk:
    """The highest level that any reason has, with every reason, the weightiest first."""
    found = sorted(_reasons(facts), key=lambda reason: reason[0].rank)
    if not found:
        return Risk(Level.LOW, ("gives no more room, and can be rolled back",))
    return Risk(found[0][0], tuple(text for _, text in found))


def _reasons(facts: Facts) -> Iterator[tuple[Level, str]]:
    if facts.effect == "expands":
        yield Level.HIGH, "gives more room"
    elif facts.effect not in ("tightens", "neutral"):
        yield Level.HIGH, "nobody has classified what it does"
    if facts.basis in _BASIS:
        yield Level.MEDIUM, _BASIS[facts.basis]
    if facts.protected:
        level = Level.HIGH if facts.effect != "tightens" else Level.MEDIUM
        yield level, f"touches protected {', '.join(facts.protected[:3])}"
    if facts.is_second_person:
        yield Level.MEDIUM, "undoes what is in force"
    if facts.is_act:
        yield Level.MEDIUM, "an agent acts, and nothing rolls that back"
    if facts.changes >= MANY_CHANGES:
        yield Level.MEDIUM, f"changes {facts.changes} fields at once"
    if facts.dependents >= MANY_DEPENDENTS:
        yield Level.MEDIUM, f"{facts.dependents} systems build on it"
    if facts.is_overdue:
        yield Level.MEDIUM, "is overdue"
