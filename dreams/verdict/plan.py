"""The plan: everything that decides a verdict, written down before the night. Pure."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, Final

from dreams.stats.multiplicity import Correction
from dreams.stats.samples import share_of
from dreams.stats.size import pairs_for_betting
from dreams.verdict.observed import BETTER, ONE_SIDED, Direction, Metric

MARGINS: Final[Mapping[Metric, float]] = {
    Metric.SUCCESS: 0.05,
    Metric.CONFIDENCE: 0.05,
    Metric.DURATION: 0.10,
    Metric.COST: 0.10,
    Metric.VERDICT: 0.05,
    Metric.SIMILARITY: 0.30,
}
"""How much worse each guardrail may be, as a mean gain, where a plan says nothing else."""


@dataclass(frozen=True, slots=True)
class Plan:
    """One night's rules. Gains, effects and margins are in the metric's gain (`observed.gain`): shares of 1.

    `primary` must gain more than `minimum_effect`; `planned_effect` is what the sample is sized for. Every metric of `margins`
    may lose at most its margin. `alpha`: the chance of promoting even one candidate of the night that does not deserve it, and
    of each guardrail to hold wrongly. `family`: the candidates planned, the dummy among them. `pairs_seen` and
    `pairs_held_out`: the most pairs of each part; `minimum_pairs`: none is judged better or too small before; a look after
    every `look_every` pairs. `group_margin`: what requests of one kind may lose in success, from `group_pairs` of them on.
    `most_missing`: the share of scheduled requests that may come to nothing. Raises ValueError for a plan that cannot be
    followed.
    """

    primary: Metric
    planned_effect: float
    margins: Mapping[Metric, float]
    seed: int
    family: int
    minimum_effect: float = 0.0
    direction: Direction | None = None
    alpha: float = 0.05
    correction: Correction = Correction.HOLM
    pairs_seen: int = 200
    pairs_held_out: int = 200
    minimum_pairs: int = 20
    look_every: int = 10
    group_margin: float = 0.10
    group_pairs: int = 20
    most_missing: float = 0.05
    ratio_alpha: float = 0.001

    def __post_init__(self) -> None:
        share_of(self.alpha, name="alpha")
        share_of(self.ratio_alpha, name="ratio_alpha")
        problem = self._problem()
        if problem:
            raise ValueError(problem)

    @classmethod
    def usual(cls, primary: Metric, *, planned_effect: float, seed: int, family: int, **changed: Any) -> Plan:
        """A plan with the usual guardrail margins on everything but the primary metric and stars."""
        margins = {metric: margin for metric, margin in MARGINS.items() if metric is not primary}
        return cls(
            primary=primary, planned_effect=planned_effect, seed=seed, family=family, **({"margins": margins} | changed)
        )

    @property
    def better(self) -> Direction:
        return self.direction or BETTER[self.primary]

    def goes_first(self, key: str) -> str:
        """Which side is asked first for a request, "normal" or "dream": tossed by the seed, so that a warm cache favours
        neither."""
        tossed = hashlib.sha256(f"{self.seed}\0{key}".encode()).digest()[0]
        return "dream" if tossed % 2 else "normal"

    def rank(self, key: str) -> bytes:
        """Sort requests by this: a seeded random order, so that what comes early stands for what comes late."""
        return hashlib.sha256(f"{self.seed}\0order\0{key}".encode()).digest()

    def as_json(self) -> dict[str, Any]:
        """Everything, for the table of plans; `of_json` reads it back."""
        found = asdict(self)
        found["margins"] = {metric.value: margin for metric, margin in self.margins.items()}
        found["primary"], found["correction"] = self.primary.value, self.correction.value
        found["direction"] = self.better.value
        return found

    @classmethod
    def of_json(cls, stored: Mapping[str, Any]) -> Plan:
        """The plan that `as_json` wrote. Raises ValueError or TypeError for anything else."""
        read = dict(stored)
        read["primary"], read["correction"] = Metric(read["primary"]), Correction(read["correction"])
        read["direction"] = Direction(read["direction"])
        read["margins"] = {Metric(name): margin for name, margin in read["margins"].items()}
        return cls(**read)

    def _problem(self) -> str | None:
        if self.primary in ONE_SIDED:
            return f"{self.primary} says how much differs: it can guard a change, and not be what a change improves."
        if self.primary in self.margins:
            return f"{self.primary} is what is to improve, and cannot have a margin to lose as well."
        if any(not 0 < margin <= 1 for margin in self.margins.values()):
            return "A margin is a gain that may be lost, above 0 and at most 1."
        if not 0 <= self.minimum_effect < self.planned_effect <= 1:
            return "The planned effect must be above the minimum effect, and both between 0 and 1."
        if (
            self.family < 1
            or not 1 <= self.minimum_pairs <= min(self.pairs_seen, self.pairs_held_out)
            or self.look_every < 1
        ):
            return (
                "The plan needs a candidate, pairs of both parts and looks, and no minimum above the pairs there are."
            )
        return None


def pairs_needed(
    *,
    planned_effect: float,
    sd: float,
    minimum_effect: float = 0.0,
    alpha: float = 0.05,
    power: float = 0.8,
    finalists: int = 2,
) -> tuple[int, int]:
    """Pairs of the seen and of the held-out part with which an effect as planned is promoted with `power`.

    `sd` is the standard deviation of the primary's gain in one pair, as an A/A night shows it; `finalists` how many candidates
    probably reach the held-out part. Half of what may fail is allowed to each part; guardrails may need more pairs.
    """
    each = 1 - (1 - power) / 2
    seen = pairs_for_betting(effect=planned_effect, sd=sd, alpha=alpha, power=each, null=minimum_effect)
    held_out = pairs_for_betting(effect=planned_effect, sd=sd, alpha=alpha / finalists, power=each, null=minimum_effect)
    return seen, held_out
