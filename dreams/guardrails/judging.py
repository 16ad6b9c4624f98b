"""What was seen since an amendment, held against what was before it. Pure.

Before the first observation the baseline fixes, for each trigger, the line that "no worse by more than the margin" stands for. A
trigger fires when the sequential bound says that the line is crossed, there are enough observations, and the difference that
was seen is at least the margin. A violation acts on one event.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final, Self

from dreams.guardrails.triggers import ALPHA, Rule, Trigger
from dreams.guardrails.wealth import Wealth, highest_likely, lowest_likely

LEAST_BEFORE: Final = 20
"""Executions before the amendment, without which there is nothing to compare with."""
LEAST_RATED: Final = 5
CAP: Final = 8.0
"""A cost counts as at most so many times the mean before: one wild bill is not a spike."""


@dataclass(frozen=True, slots=True)
class Baseline:
    """The newest executions before the amendment, at most a thousand of thirty days."""

    finished: int = 0
    succeeded: int = 0
    priced: int = 0
    cost: float = 0.0
    """Mean dollars of those that have a price."""
    rated: int = 0
    low: int = 0
    """Ratings of one or two stars."""
    violated: tuple[str, ...] = ()
    """Clauses of the law that its requests ran into before too: those are nothing new."""

    is_router: bool | None = None
    """Whether what the system sent on its way counts too; None in what older versions kept."""

    def as_json(self) -> dict[str, Any]:
        return {name: getattr(self, name) for name in self.__slots__} | {"violated": list(self.violated)}

    @classmethod
    def of(cls, said: Mapping[str, Any]) -> Self:
        return cls(**{**said, "violated": tuple(said["violated"])})

    def knows(self, clause: str) -> bool:
        """Whether requests ran into it before. Watches begun by older versions keep "7.3" for "gov.md 7.3"."""
        return clause in self.violated or clause.removeprefix("gov.md ") in self.violated

    def without(self, trigger: Trigger) -> str:
        """Why a trigger cannot be judged; "" where it can."""
        if trigger in (Trigger.SUCCESS, Trigger.COST):
            known = self.finished if trigger is Trigger.SUCCESS else self.priced
            if known < LEAST_BEFORE:
                return f"{known} such executions before it; {LEAST_BEFORE} are needed to compare with"
            if trigger is Trigger.COST and self.cost <= 0:
                return "what it did before cost nothing"
        if trigger is Trigger.SATISFACTION and self.rated < LEAST_RATED:
            return f"{self.rated} ratings before it; {LEAST_RATED} are needed to compare with"
        return ""


@dataclass(frozen=True, slots=True)
class Seen:
    """One finished execution. `is_success` is None for what no agent was asked to do; `law`: the clauses that forbade it."""

    at: datetime
    is_success: bool | None = None
    cost: float | None = None
    law: tuple[str, ...] = ()
    id: str = ""


@dataclass(frozen=True, slots=True)
class Crossing:
    """A trigger fired: `before` and `after` in its unit, over `count` observations, the last of them `at`."""

    trigger: Trigger
    at: datetime
    before: float
    after: float
    count: int
    line: float
    evidence: float
    section: str = ""
    execution: str = ""

    def as_json(self) -> dict[str, Any]:
        said = {
            "trigger": self.trigger.value,
            "observed_at": self.at.isoformat(),
            "before": round(self.before, 6),
            "after": round(self.after, 6),
            "count": self.count,
            "line": round(self.line, 6),
            "evidence": round(min(self.evidence, 1e12), 2),
        }
        return said | ({"section": self.section, "execution": self.execution} if self.section else {})


@dataclass(slots=True)
class Judge:
    """What one watch knows so far; kept as JSON between two looks. `since`: when a person armed it anew."""

    baseline: Baseline
    wealths: dict[Trigger, Wealth] = field(default_factory=dict)
    violations: int = 0
    executions: int = 0
    since: str = ""

    def see(self, seen: Sequence[Seen], *, rules: Mapping[Trigger, Rule]) -> list[Crossing]:
        """Take observations in, in their order; each time that one crossed a line."""
        self.executions += len(seen)
        return [crossing for one in seen for crossing in (*self._violated(one, rules), *self._stepped(one, rules))]

    def rated(self, low: Sequence[tuple[datetime, bool]], *, rules: Mapping[Trigger, Rule]) -> list[Crossing]:
        """All ratings since the amendment in the order in which they were given, each with whether it is low. People revise them,
        so they are taken anew each time."""
        rule = rules[Trigger.SATISFACTION]
        if not rule.is_on or self.baseline.without(Trigger.SATISFACTION):
            return []
        wealth = self.wealths[Trigger.SATISFACTION] = Wealth(self._floor(rule))
        return [crossing for at, is_low in low for crossing in self._step(rule, wealth, 0.0 if is_low else 1.0, at)]

    def _violated(self, one: Seen, rules: Mapping[Trigger, Rule]) -> Iterator[Crossing]:
        section = next((clause for clause in one.law if not self.baseline.knows(clause)), "")
        if not section:
            return
        self.violations += 1
        rule, count = rules[Trigger.VIOLATION], self.violations
        if rule.is_on and count >= rule.least:
            yield Crossing(Trigger.VIOLATION, one.at, 0.0, float(count), count, 1.0, 0.0, section, one.id)

    def _stepped(self, one: Seen, rules: Mapping[Trigger, Rule]) -> Iterator[Crossing]:
        for trigger, value in self._values(one):
            rule = rules[trigger]
            if value is not None and rule.is_on and not self.baseline.without(trigger):
                yield from self._step(rule, self.wealths.setdefault(trigger, Wealth(self._floor(rule))), value, one.at)

    def _step(self, rule: Rule, wealth: Wealth, value: float, at: datetime) -> Iterator[Crossing]:
        wealth.see(value)
        crossing = self._crossed(rule, wealth, at)
        if crossing is not None:
            yield crossing

    def _values(self, one: Seen) -> tuple[tuple[Trigger, float | None], ...]:
        """What is good is high: success, and the part of the highest cost that was not spent."""
        success = None if one.is_success is None else float(one.is_success)
        mean = self.baseline.cost
        spared = None if one.cost is None or mean <= 0 else 1.0 - min(one.cost / (mean * CAP), 1.0)
        return ((Trigger.SUCCESS, success), (Trigger.COST, spared))

    def _floor(self, rule: Rule) -> float:
        """The lowest mean that is no worse than before by more than the margin, with doubt about what was before on the
        amendment's side."""
        known = self.baseline
        if rule.trigger is Trigger.SUCCESS:
            return lowest_likely(known.succeeded, known.finished) - rule.margin
        if rule.trigger is Trigger.SATISFACTION:
            return 1.0 - highest_likely(known.low, known.rated) - rule.margin
        return 1.0 - (1.0 + rule.margin) / CAP

    def _crossed(self, rule: Rule, wealth: Wealth, at: datetime) -> Crossing | None:
        before, after, line = self.figures(rule, wealth)
        if wealth.count < rule.least or after is None or not wealth.is_crossed(alpha=ALPHA):
            return None
        worse = before - after if rule.trigger is Trigger.SUCCESS else after - before
        least = rule.margin * before if rule.trigger is Trigger.COST else rule.margin
        if worse < least:
            return None
        return Crossing(rule.trigger, at, before, after, wealth.count, line, wealth.evidence)

    def figures(self, rule: Rule, wealth: Wealth | None) -> tuple[float, float | None, float]:
        """Before, since, and the trigger's line, as people read them: a success rate, a share of low ratings, dollars."""
        known, mean = self.baseline, wealth.mean if wealth else None
        if rule.trigger is Trigger.SUCCESS:
            before = known.succeeded / known.finished if known.finished else 0.0
            return before, mean, before - rule.margin
        if rule.trigger is Trigger.SATISFACTION:
            before = known.low / known.rated if known.rated else 0.0
            return before, None if mean is None else 1.0 - mean, before + rule.margin
        after = None if mean is None else (1.0 - mean) * known.cost * CAP
        return known.cost, after, known.cost * (1.0 + rule.margin)

    def as_json(self) -> dict[str, Any]:
        return {
            "wealths": {trigger.value: one.as_json() for trigger, one in self.wealths.items()},
            "violations": self.violations,
            "executions": self.executions,
            "since": self.since,
        }

    @classmethod
    def of(cls, baseline: Baseline, said: Mapping[str, Any]) -> Self:
        wealths = {Trigger(name): Wealth.of(one) for name, one in said.get("wealths", {}).items()}
        violations, executions = (int(said.get(name, 0)) for name in ("violations", "executions"))
        return cls(baseline, wealths, violations, executions, said.get("since", ""))


def sentence(crossing: Crossing) -> str:
    """What crossed, in words."""
    one = crossing
    if one.trigger is Trigger.VIOLATION:
        return f"Since then it ran into {one.section}, which it did not before."
    if one.trigger is Trigger.SUCCESS:
        return f"Its success rate was {one.before:.1%} and is {one.after:.1%} over {one.count:,} executions since."
    if one.trigger is Trigger.SATISFACTION:
        return f"{one.before:.0%} of ratings were one or two stars, and {one.after:.0%} of the {one.count:,} since."
    return f"An execution cost {one.before:.4f} USD on average, and {one.after:.4f} USD over the {one.count:,} since."
