"""The answer to "may this action happen?", with its reasons (DESIGN.md contract 7)."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Any


class Outcome(StrEnum):
    PERMIT = "permit"
    DENY = "deny"
    REQUIRE_APPROVAL = "require_approval"


@dataclass(frozen=True, slots=True)
class Reason:
    """A rule in force for this question. `conclusion` is what it says in the text format (`[F] delete`), `words` the rule as a
    sentence, `source` its clause."""

    rule: str
    conclusion: str
    words: str
    source: str
    weight: int


@dataclass(frozen=True, slots=True)
class Defeat:
    """A rule that would have applied and was defeated: `by` whom, and `why` in words ("weight 800 over 500")."""

    rule: str
    conclusion: str
    words: str
    source: str
    weight: int
    by: str
    why: str


@dataclass(frozen=True, slots=True)
class Duty:
    """An obligation that the action brings, with the rule it comes from. `approvers` says who may give an approval."""

    duty: str
    rule: str
    source: str
    weight: int
    is_satisfied: bool
    approvers: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Verdict:
    """`because`: the rules that decide. `missing_facts`: names that a rule needed. `errors`: what went wrong, by rule.

    `would_pass_if`: changes of which any single one was tried and would lead to permit or require_approval. `rules_applied`:
    ids of the rules in force. `compliance_score`: satisfied weight ÷ applicable weight, 0 to 1, four decimals.
    """

    outcome: Outcome
    action: str
    sentence: str
    because: tuple[Reason, ...] = ()
    defeated: tuple[Defeat, ...] = ()
    obligations: tuple[Duty, ...] = ()
    missing_facts: tuple[str, ...] = ()
    errors: tuple[str, ...] = ()
    would_pass_if: tuple[str, ...] = ()
    rules_applied: tuple[str, ...] = ()
    compliance_score: float = 1.0

    def as_json(self) -> dict[str, Any]:
        """Plain JSON types; every sequence is in an order that depends on its content alone."""
        return asdict(self) | {"outcome": self.outcome.value}
