"""One finished execution as a replay reads it, and where a side of the replay puts it. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Final, Literal
from uuid import UUID

from routing.router.ranking import Candidate, Choice, Source, Veto

Unasked = Literal["archived", "no_route", "named", "no_vector", "other_model"]
REASONS: Final[dict[Unasked, str]] = {
    "archived": "they are archived or pruned",
    "no_route": "they ended before anybody was chosen",
    "named": "the caller named the system, so nothing was routed",
    "no_vector": "no vector is kept of them",
    "other_model": "their vectors are of another model than the rules have now",
}
_OURS: Final = frozenset(("below_threshold", "no_fallback"))
"""Vetoes that follow from the threshold and the constitution: a replay makes them anew."""
SHOWN: Final = 3
_WORDS: Final = 200


@dataclass(frozen=True, slots=True)
class Past:
    """What became of an execution."""

    is_success: bool
    cost: Decimal | None
    stars: int | None
    ms: int | None


@dataclass(frozen=True, slots=True)
class Case:
    """An execution that can be replayed. `vetoes` are what spoke against systems then, `judged` those that were asked about.
    `text` is what a page shows of `asked`."""

    id: UUID
    at: str
    text: str
    chosen: UUID | None
    vetoes: Mapping[UUID, tuple[Veto, ...]]
    judged: frozenset[UUID]
    past: Past
    asked: str = ""
    channel: str = ""


@dataclass(frozen=True, slots=True)
class Placed:
    """Where one side puts a case. `name` is "" where nobody gets it."""

    id: UUID | None
    name: str
    is_in_scope: bool
    candidates: tuple[Candidate, ...] = ()

    def as_json(self) -> list[dict[str, Any]]:
        """The first candidates with their scores."""
        return [
            {
                "name": one.name,
                "score": round(one.score, 4),
                "source": one.source.value,
                "code": one.vetoes[0].code if one.vetoes else "",
                "veto": one.vetoes[0].sentence[:_WORDS] if one.vetoes else "",
                "is_chosen": one.system_id == self.id and not one.vetoes,
            }
            for one in self.candidates[:SHOWN]
        ]


def placed_of(choice: Choice) -> Placed:
    """A decision, with the one who gets it among the first candidates."""
    chosen = choice.chosen
    rest = tuple(one for one in choice.candidates if one is not chosen)
    first = choice.candidates[:SHOWN]
    shown = first if chosen is None or chosen in first else (chosen, *rest[: SHOWN - 1])
    return Placed(chosen.system_id if chosen else None, chosen.name if chosen else "", choice.is_in_scope, shown)


def unasked(
    *, route: Mapping[str, Any] | None, model: str, has_vector: bool, current: str, is_archived: bool = False
) -> Unasked | None:
    """Why an execution cannot be replayed, or None."""
    candidates = (route or {}).get("candidates")
    if is_archived and not (candidates and has_vector):
        return "archived"
    if not candidates:
        return "no_route"
    if candidates[0]["source"] == Source.NAMED.value:
        return "named"
    if model and model != current:
        return "other_model"
    return None if has_vector else "no_vector"


def case_of(*, id: UUID, at: str, text: str, channel: str, route: Mapping[str, Any], past: Past) -> Case:
    """A case from what was kept of the choice."""
    vetoes: dict[UUID, tuple[Veto, ...]] = {}
    judged, chosen = set(), None
    for one in route["candidates"]:
        system = UUID(one["system_id"])
        found = one["vetoes"]
        if not any(veto["code"] == "below_threshold" for veto in found):
            judged.add(system)
        if one["name"] == route.get("chosen"):
            chosen = system
        if kept := tuple(Veto(veto["code"], veto["sentence"]) for veto in found if veto["code"] not in _OURS):
            vetoes[system] = kept
    return Case(id, at, text[:_WORDS], chosen, vetoes, frozenset(judged), past, text, channel)
