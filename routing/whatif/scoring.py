"""Both sides of a replay choose for the same past requests, with the functions that live routing chooses with.

The nearest rules and systems are found in memory, exactly, for a batch at a time; from there `routing.router` does what it
always does. What the rulebook, budgets and connectors said then about a system holds on both sides.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from uuid import UUID

import numpy as np
from numpy.typing import NDArray

from routing.embeddings.embedder import Vectors
from routing.router import vetoes
from routing.router.choosing import reaches
from routing.router.nearest import RULES, SYSTEMS, NearRule, Standing
from routing.router.obeyed import Obeyed
from routing.router.ranking import Choice, Veto, decided, ordered
from routing.router.scoring import Trained
from routing.router.sureness import of_rules
from routing.whatif.cases import Case, Placed, placed_of

Places = NDArray[np.intp]
_NOWHERE = -2.0


@dataclass(frozen=True)
class Side:
    """One law to choose by: which rules are on, what systems can do (a row each, where `near` says there is one), what the
    router obeys. `trained` is what was learned from today's rules, on both sides."""

    law: Obeyed
    rules: Sequence[NearRule]
    rule_vectors: Vectors
    systems: Sequence[Standing]
    near: NDArray[np.bool_]
    system_vectors: Vectors
    trained: Trained | None = None
    by_id: Mapping[UUID, Standing] = field(init=False)
    against: Mapping[UUID, Sequence[Veto]] = field(init=False)
    actions: Mapping[UUID, str] = field(init=False)
    always: Sequence[Standing] = field(init=False)
    """The router and its fallback, which are looked at whatever is near."""

    def __post_init__(self) -> None:
        object.__setattr__(self, "by_id", {one.id: one for one in self.systems})
        held = {one.id: found for one in self.systems if (found := vetoes.of_standing(one))}
        object.__setattr__(self, "against", held)
        object.__setattr__(self, "actions", {one.id: one.action for one in self.rules if one.action})
        named = self.law.fallback_system
        own = [one for one in self.systems if one.routing is not None or (named and one.name == named)]
        object.__setattr__(self, "always", own)


def placed(side: Side, *, cases: Sequence[Case], vectors: Vectors, model: str) -> list[Placed]:
    """Where this side puts each case."""
    return [placed_of(choice) for choice in choices(side, cases=cases, vectors=vectors, model=model)]


def choices(side: Side, *, cases: Sequence[Case], vectors: Vectors, model: str) -> list[Choice]:
    """The same as whole decisions, every candidate with what speaks against it."""
    rules = vectors @ side.rule_vectors.T
    systems = np.where(side.near, vectors @ side.system_vectors.T, _NOWHERE)
    near_rules, near_systems = _nearest(rules, RULES), _nearest(systems, SYSTEMS)
    return [
        _chosen(side, case, vectors[row], near_rules[row], rules[row], near_systems[row], systems[row], model=model)
        for row, case in enumerate(cases)
    ]


def _chosen(
    side: Side,
    case: Case,
    vector: Vectors,
    rule_places: Places,
    rule_cosines: Vectors,
    system_places: Places,
    system_cosines: Vectors,
    *,
    model: str,
) -> Choice:
    near = [replace(side.rules[place], cosine=float(rule_cosines[place])) for place in rule_places]
    near.sort(key=lambda one: (-one.cosine, one.id))
    systems: dict[UUID, Standing] = {}
    for place in system_places:
        if (cosine := float(system_cosines[place])) > _NOWHERE:
            one = side.systems[place]
            systems[one.id] = replace(one, cosine=cosine)
    for rule in near:
        for id in (rule.system_id, *rule.alternatives):
            if id not in systems and id in side.by_id:
                systems[id] = side.by_id[id]
    for one in side.always:
        systems.setdefault(one.id, one)
    sure = of_rules(near, model=model, text=case.asked, vector=vector, trained=side.trained)
    candidates = ordered(reaches(near, sure, systems, law=side.law, model=model), threshold=side.law.threshold)
    held = {one.system_id: _held(side, case, one.system_id) for one in candidates}
    return decided(candidates, vetoes=held, obeyed=side.law, model=model, rule="")


def _held(side: Side, case: Case, id: UUID) -> Sequence[Veto]:
    """What speaks against a system: how it stands today, and what was said of it then."""
    return (*side.against.get(id, ()), *case.vetoes.get(id, ()))


def _nearest(cosines: Vectors, most: int) -> Places:
    if cosines.shape[1] <= most:
        return np.broadcast_to(np.arange(cosines.shape[1]), cosines.shape)
    return np.argpartition(-cosines, most - 1, axis=1)[:, :most]
