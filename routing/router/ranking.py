"""Likenesses and vetoes become an ordered list of candidates, a decision and its sentence. Pure.

INVARIANT: the first candidate without vetoes is chosen, those without vetoes after it are its alternatives. So whatever keeps a
system from getting a request, a score below the threshold included, is a veto with a reason.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Any, Final
from uuid import UUID

from routing.router.obeyed import Obeyed

MOST: Final = 12
"""Candidates that are kept."""


class Source(StrEnum):
    """By what a system came to be a candidate, in the order in which they are preferred."""

    NAMED = "named"
    RULE = "rule"
    CAPABILITY = "capability"
    DEFAULT = "default"


_RANK: Final = {source: rank for rank, source in enumerate(Source)}


@dataclass(frozen=True, slots=True)
class Veto:
    """Why a candidate does not get the request. `law`: the clauses of the law that forbid it; not kept in the route."""

    code: str
    sentence: str
    law: tuple[str, ...] = field(default=(), compare=False)


@dataclass(frozen=True, slots=True)
class Candidate:
    """`place`: 0 for what a rule recommends, then its alternatives. `outcome`: of the verdict, "" where none was asked for.
    `predicted`: `cost_usd` as text, `duration_ms` and `taken_from`, or None."""

    system_id: UUID
    name: str
    score: float
    source: Source
    cosine: float = 0.0
    rule_id: UUID | None = None
    place: int = 0
    action: str = ""
    outcome: str = ""
    vetoes: tuple[Veto, ...] = ()
    predicted: Mapping[str, Any] | None = None

    def as_json(self) -> dict[str, Any]:
        return {
            "system_id": str(self.system_id),
            "name": self.name,
            "score": self.score,
            "source": self.source.value,
            "cosine": self.cosine,
            "rule_id": str(self.rule_id) if self.rule_id else None,
            "place": self.place,
            "action": self.action,
            "outcome": self.outcome,
            "vetoes": [{"code": veto.code, "sentence": veto.sentence} for veto in self.vetoes],
            "predicted": dict(self.predicted) if self.predicted else None,
        }


@dataclass(frozen=True, slots=True)
class Choice:
    """A decision with everything it was made from. `rule`: the pattern of the rule that decided, "" for none. `is_in_scope`:
    somebody was named, or clears the threshold; a request that only the fallback system would take is out of scope. `gathered`:
    by system, what bears on it (`rulebook.gather`), for who decides next in the same transaction; it is not kept."""

    candidates: tuple[Candidate, ...]
    confidence: float
    threshold: float
    is_in_scope: bool
    model: str
    rule: str
    sentence: str
    router: str = ""
    max_retries: int = 0
    router_id: UUID | None = None
    fallback_delay_ms: int = 0
    gathered: Mapping[UUID, Any] = field(default_factory=dict, repr=False, compare=False)

    @property
    def chosen(self) -> Candidate | None:
        return next((one for one in self.candidates if not one.vetoes), None)

    @property
    def alternatives(self) -> tuple[Candidate, ...]:
        return tuple(one for one in self.candidates if not one.vetoes)[1:]

    def as_json(self) -> dict[str, Any]:
        """What `execution_requests.route` keeps."""
        return {
            "candidates": [one.as_json() for one in self.candidates],
            "chosen": self.chosen.name if self.chosen else None,
            "confidence": self.confidence,
            "threshold": self.threshold,
            "is_in_scope": self.is_in_scope,
            "model": self.model,
            "rule": self.rule,
            "sentence": self.sentence,
            "router": self.router,
            "max_retries": self.max_retries,
            "fallback_delay_ms": self.fallback_delay_ms,
        }


def ordered(reaches: Iterable[Candidate], *, threshold: float) -> tuple[Candidate, ...]:
    """One candidate for each system, the best way to it; those who clear the threshold first: named, by rules, by capabilities,
    the default; then the rest by score. Below the threshold stands as a veto. At most `MOST`."""
    best: dict[UUID, Candidate] = {}
    for reach in sorted(reaches, key=lambda one: _key(one, threshold)):
        best.setdefault(reach.system_id, reach)
    return tuple(_held(one, threshold) for one in best.values())[:MOST]


def _key(one: Candidate, threshold: float) -> tuple[Any, ...]:
    is_below = _is_below(one, threshold)
    return (is_below, 0 if is_below else _RANK[one.source], -one.score, _RANK[one.source], one.place, one.name)


def _is_below(one: Candidate, threshold: float) -> bool:
    return one.source in {Source.RULE, Source.CAPABILITY} and one.score < threshold


def _held(one: Candidate, threshold: float) -> Candidate:
    if not _is_below(one, threshold):
        return one
    said = f"Its confidence {one.score:.2f} is below the threshold {threshold:.2f}."
    return replace(one, vetoes=(*one.vetoes, Veto("below_threshold", said)))


def decided(
    candidates: Sequence[Candidate], *, vetoes: Mapping[UUID, Sequence[Veto]], obeyed: Obeyed, model: str, rule: str
) -> Choice:
    """The decision over candidates as `ordered` gives them, with what else speaks against each."""
    judged = [replace(one, vetoes=(*one.vetoes, *vetoes.get(one.system_id, ()))) for one in candidates]
    if not obeyed.may_fall_back:
        judged = _without_fallback(judged, obeyed)
    reached = [one for one in judged if not any(veto.code == "below_threshold" for veto in one.vetoes)]
    chosen = next((one for one in judged if not one.vetoes), None)
    leading = chosen or next(iter(reached or judged), None)
    return Choice(
        candidates=tuple(judged),
        confidence=leading.score if leading else 0.0,
        threshold=obeyed.threshold,
        is_in_scope=any(one.source is not Source.DEFAULT for one in reached),
        model=model,
        rule=rule if leading and leading.source is Source.RULE else "",
        sentence=_sentence(chosen, reached, judged, obeyed, rule),
        router=obeyed.router,
        max_retries=obeyed.max_retries,
        fallback_delay_ms=obeyed.fallback_delay_ms,
    )


def _without_fallback(judged: Sequence[Candidate], obeyed: Obeyed) -> list[Candidate]:
    first = next((one for one in judged if not one.vetoes), None)
    said = f"The constitution of {obeyed.router} has fallback_enabled off: only the first is asked."
    return [one if one.vetoes or one is first else replace(one, vetoes=(Veto("no_fallback", said),)) for one in judged]


def _sentence(
    chosen: Candidate | None, reached: Sequence[Candidate], judged: Sequence[Candidate], obeyed: Obeyed, rule: str
) -> str:
    if all(one.source is Source.DEFAULT for one in reached):
        return _out_of_scope(chosen, reached, judged, obeyed)
    if chosen:
        return f"{chosen.name} gets it: {_reason(chosen, rule)}.{_passed_over(chosen, judged)}"
    first = reached[0]
    others = f" Nor can the {len(reached) - 1} others." if len(reached) > 1 else ""
    if first.source is Source.NAMED:
        return f"{first.name} was named and cannot get it: {first.vetoes[0].sentence}{others}"
    return f"{first.name} fits ({_reason(first, rule)}) and cannot get it: {first.vetoes[0].sentence}{others}"


def _out_of_scope(
    chosen: Candidate | None, reached: Sequence[Candidate], judged: Sequence[Candidate], obeyed: Obeyed
) -> str:
    """What nobody is sure of, and what becomes of it: the fallback system takes it, cannot, or is none."""
    if not judged:
        said = "no system and no rule can be compared with this request. Write a rule, or register a system."
    else:
        likely = [one for one in judged if one.source is not Source.DEFAULT][:3]
        names = ", ".join(f"{one.name} {one.score:.2f}" for one in likely)
        said = f"nothing reaches the threshold {obeyed.threshold:.2f}.{f' Nearest: {names}.' if names else ''}"
    said = f"Out of scope: {said}"
    if chosen:
        return f"{said} {chosen.name} gets it as the fallback system."
    if reached:
        return f"{said} The fallback system cannot get it: {reached[0].vetoes[0].sentence}"
    if obeyed.fallback_system:
        return f"{said} The fallback system {obeyed.fallback_system} does not exist."
    return said


def _reason(one: Candidate, rule: str) -> str:
    match one.source:
        case Source.NAMED:
            return "it was named"
        case Source.RULE:
            known = f'requests like "{_short(rule)}" go there' if rule else "a rule says so"
            return f"{known}{', as an alternative' if one.place else ''}, confidence {one.score:.2f}"
        case Source.CAPABILITY:
            return f"its capabilities fit, confidence {one.score:.2f}"
    return "it is the fallback system"


def _passed_over(chosen: Candidate, judged: Sequence[Candidate]) -> str:
    before = judged[: judged.index(chosen)]
    held = [one for one in before if one.vetoes]
    return f" {held[0].name} came first and cannot: {held[0].vetoes[0].sentence}" if held else ""


def _short(text: str) -> str:
    return text if len(text) <= 80 else f"{text[:79]}…"
