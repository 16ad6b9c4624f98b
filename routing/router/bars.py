"""Candidates as pages draw them, on the ask page and on the page of an execution. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

from routing.router.ranking import Candidate, Choice, Source, Veto

_OUTCOMES: Final = {
    "permit": ("may do it", "tighten", "✓"),
    "require_approval": ("needs approval first", "expand", "◆"),
    "deny": ("may not do it", "bad", "✕"),
}
_SOURCES: Final = {
    "named": "The request names it",
    "rule": "A rule sends requests like this there",
    "capability": "By what it can do",
    "default": "The fallback system",
}


@dataclass(frozen=True, slots=True)
class Bar:
    """A candidate as the page draws it."""

    one: Candidate
    is_chosen: bool
    is_alternative: bool

    @property
    def percent(self) -> int:
        return round(self.one.score * 100)

    @property
    def why(self) -> str:
        if self.one.source is Source.RULE and any(veto.code == "below_threshold" for veto in self.one.vetoes):
            return "By the nearest rule that names it"
        said = _SOURCES[self.one.source.value]
        return f"{said}, as alternative {self.one.place}" if self.one.place else said

    @property
    def cost(self) -> str:
        """What it probably costs, as text; "" where nothing is known."""
        return cost_of(self.one)

    @property
    def outcome(self) -> str:
        return _OUTCOMES[self.one.outcome][0] if self.one.outcome else ""

    @property
    def tone(self) -> str:
        return _OUTCOMES[self.one.outcome][1] if self.one.outcome else ""

    @property
    def mark(self) -> str:
        return _OUTCOMES[self.one.outcome][2] if self.one.outcome else ""


def bars_of(choice: Choice) -> list[Bar]:
    return [Bar(one, one is choice.chosen, one in choice.alternatives) for one in choice.candidates]


def cost_of(one: Candidate) -> str:
    return one.predicted["cost_usd"] if one.predicted else ""


def choice_of(kept: Mapping[str, Any]) -> Choice:
    """A decision from what `Choice.as_json` kept of it."""
    return Choice(
        candidates=tuple(_candidate(one) for one in kept.get("candidates", ())),
        confidence=kept["confidence"],
        threshold=kept["threshold"],
        is_in_scope=kept["is_in_scope"],
        model=kept["model"],
        rule=kept["rule"],
        sentence=kept["sentence"],
        router=kept.get("router", ""),
        max_retries=kept.get("max_retries", 0),
    )


def _candidate(kept: Mapping[str, Any]) -> Candidate:
    return Candidate(
        system_id=UUID(kept["system_id"]),
        name=kept["name"],
        score=kept["score"],
        source=Source(kept["source"]),
        cosine=kept["cosine"],
        rule_id=UUID(kept["rule_id"]) if kept["rule_id"] else None,
        place=kept["place"],
        action=kept["action"],
        outcome=kept["outcome"],
        vetoes=tuple(Veto(veto["code"], veto["sentence"]) for veto in kept["vetoes"]),
        predicted=kept["predicted"],
    )
