"""A verdict as the why card shows it: every reason with its clause, the defeated struck through. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from governance.policy.precedence import label_of
from governance.policy.verdict import Outcome, Verdict
from governance.rulebook.remedy import Remedy, remedy_of

OUTCOMES = {
    Outcome.PERMIT: ("Permitted", "tighten", "✓"),
    Outcome.DENY: ("Denied", "bad", "✕"),
    Outcome.REQUIRE_APPROVAL: ("Approval required", "expand", "◷"),
}


@dataclass(frozen=True, slots=True)
class Ground:
    """A rule that speaks in a verdict. `by` and `why` are set where it was defeated."""

    rule: str
    conclusion: str
    words: str
    source: str
    weight: int
    by: str = ""
    why: str = ""

    @property
    def precedence(self) -> str:
        return label_of(self.weight)

    @property
    def anchor(self) -> str:
        return anchor_of(self.source, rule=self.rule)


@dataclass(frozen=True, slots=True)
class Obliged:
    """A duty that the action brings."""

    duty: str
    rule: str
    source: str
    is_satisfied: bool
    approvers: tuple[str, ...] = ()

    @property
    def anchor(self) -> str:
        return anchor_of(self.source, rule=self.rule)


@dataclass(frozen=True, slots=True)
class Why:
    """A verdict for the eye."""

    outcome: str
    action: str
    sentence: str
    because: tuple[Ground, ...]
    defeated: tuple[Ground, ...]
    obligations: tuple[Obliged, ...]
    missing_facts: tuple[str, ...]
    errors: tuple[str, ...]
    would_pass_if: tuple[Remedy, ...]
    rules_applied: tuple[str, ...]
    compliance_score: float
    guidance: tuple[str, ...] = ()

    @property
    def label(self) -> str:
        return OUTCOMES[Outcome(self.outcome)][0]

    @property
    def tone(self) -> str:
        return OUTCOMES[Outcome(self.outcome)][1]

    @property
    def is_silent(self) -> bool:
        """Denied because no rule permits it, not because one forbids it."""
        return self.outcome == Outcome.DENY and not (self.because or self.errors or self.missing_facts)

    @property
    def mark(self) -> str:
        return OUTCOMES[Outcome(self.outcome)][2]


def why_of(verdict: Verdict | Mapping[str, Any], *, guidance: tuple[str, ...] = ()) -> Why:
    """The card of a verdict, or of one as it was stored."""
    said = verdict.as_json() if isinstance(verdict, Verdict) else verdict
    return Why(
        outcome=said["outcome"],
        action=said.get("action", ""),
        sentence=said["sentence"],
        because=tuple(_ground(one) for one in said.get("because", ())),
        defeated=tuple(_ground(one) for one in said.get("defeated", ())),
        obligations=tuple(_obliged(one) for one in said.get("obligations", ())),
        missing_facts=tuple(said.get("missing_facts", ())),
        errors=tuple(said.get("errors", ())),
        would_pass_if=tuple(remedy_of(one) for one in said.get("would_pass_if", ())),
        rules_applied=tuple(said.get("rules_applied", ())),
        compliance_score=float(said.get("compliance_score", 1)),
        guidance=guidance or tuple(said.get("guidance", ())),
    )


def anchor_of(source: str, *, rule: str) -> str:
    """Where the law page shows the clause of a rule: `gov.md 7.3` of `gov.md/r1` is at `gov.md/7.3`; "" for any other source."""
    document, _, clause = source.rpartition(" ")
    return f"{document}/{clause}" if document and rule.startswith(f"{document}/") else ""


def _ground(one: Mapping[str, Any]) -> Ground:
    return Ground(
        rule=one["rule"],
        conclusion=one["conclusion"],
        words=one["words"],
        source=one["source"],
        weight=int(one["weight"]),
        by=one.get("by", ""),
        why=one.get("why", ""),
    )


def _obliged(one: Mapping[str, Any]) -> Obliged:
    return Obliged(one["duty"], one["rule"], one["source"], bool(one["is_satisfied"]), tuple(one.get("approvers", ())))
