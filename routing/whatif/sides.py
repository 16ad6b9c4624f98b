"""Today's law and the changed one, made ready to choose by."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final
from uuid import UUID, uuid5

import numpy as np

from governance.constitution import schema
from governance.jobs.handlers import GiveUp
from governance.scope import Scope
from routing.embeddings.embedder import Embedder, Vectors
from routing.router.embedding import text_of
from routing.router.heads import head_of
from routing.router.nearest import NearRule, Standing
from routing.router.obeyed import Obeyed, obeyed
from routing.router.scoring import Trained
from routing.whatif import reading
from routing.whatif.asked import Asked
from routing.whatif.changed import Changed
from routing.whatif.reading import KnownSystem
from routing.whatif.scoring import Side

_SPACE: Final = UUID("5f5f7d0e-6a38-4d61-9d0c-6e2f7a0c3a55")
"""Ids of rules that are not written are made from their text, so that a replay twice is the same."""


@dataclass(frozen=True, slots=True)
class Ground:
    """What both sides stand on, read in one transaction."""

    rules: Sequence[NearRule]
    rule_vectors: Sequence[Vectors]
    systems: Sequence[KnownSystem]
    trained: Trained | None


def ground(*, scope: Scope, model: str, changed: Changed | None) -> Ground:
    """Two queries. Raises `GiveUp` for more rules than fit into memory."""
    rules, vectors = reading.rules(scope=scope, model=model)
    if len(rules) > reading.MOST_RULES:
        raise GiveUp(f"A what-if compares with up to {reading.MOST_RULES:,} rules that are on; there are more.")
    systems = reading.systems(scope=scope, model=model, changed=changed.system if changed else "")
    return Ground(rules, vectors, systems, head_of(tenant_id=scope.tenant_id, model=model))


def today(found: Ground, *, dimensions: int) -> Side:
    """The law as it is."""
    made = _side(found.rules, found.rule_vectors, found.systems, threshold=None, dimensions=dimensions)
    return replace(made, trained=found.trained)


def under(found: Ground, *, asked: Asked, changed: Changed | None, embedder: Embedder) -> Side:
    """The law as the question changes it. Embeds what is new in it: added rules, and what a system could do then."""
    off = set(asked.off)
    kept = [place for place, rule in enumerate(found.rules) if str(rule.id) not in off]
    rules = [found.rules[place] for place in kept]
    vectors = [found.rule_vectors[place] for place in kept]
    ids = {one.name: one.id for one in found.systems}
    new = [one for one in asked.added if one.system in ids]
    if new:
        rules += [_rule(one.text, ids[one.system]) for one in new]
        vectors += list(embedder.embed([one.text for one in new]))
    systems = [_changed(one, changed, embedder) for one in found.systems] if changed else found.systems
    made = _side(rules, vectors, systems, threshold=asked.threshold, dimensions=embedder.dimensions)
    return replace(made, trained=found.trained)


def under_document(base: Side, found: Ground, *, changed: Changed, embedder: Embedder) -> Side:
    """Today's rules under another constitution. Shares its matrices with `base`, so that many sides fit into memory."""
    systems = [_changed(one, changed, embedder) for one in found.systems]
    made = _side((), (), systems, threshold=None, dimensions=embedder.dimensions)
    return replace(made, rules=base.rules, rule_vectors=base.rule_vectors, trained=base.trained)


def _rule(text: str, system: UUID) -> NearRule:
    return NearRule(uuid5(_SPACE, f"{system} {text}"), text, system, (), "", 1.0, None, None, 0.0)


def _changed(one: KnownSystem, changed: Changed, embedder: Embedder) -> KnownSystem:
    if one.name != changed.system:
        return one
    document: Any = dict(changed.document)
    capabilities = tuple(schema.capabilities_of(document))
    approvals = reading.texts(document.get("requires_approval"))
    new = replace(one, constitution=document, capabilities=capabilities, requires_approval=approvals)
    if capabilities == one.capabilities or one.vector is None:
        return new
    return replace(new, vector=embedder.embed([text_of(one.name, one.description, capabilities)])[0])


def _side(
    rules: Sequence[NearRule],
    vectors: Sequence[Vectors],
    systems: Sequence[KnownSystem],
    *,
    threshold: float | None,
    dimensions: int,
) -> Side:
    router = router_of(systems)
    said = obeyed(router.name, router.constitution or {}) if router else Obeyed()
    nothing = np.zeros(dimensions, np.float32)
    return Side(
        law=said if threshold is None else replace(said, threshold=threshold),
        rules=rules,
        rule_vectors=_stacked(vectors, dimensions),
        systems=[_standing(one, router) for one in systems],
        near=np.array([one.vector is not None for one in systems], dtype=bool),
        system_vectors=_stacked([nothing if one.vector is None else one.vector for one in systems], dimensions),
    )


def router_of(systems: Iterable[KnownSystem]) -> KnownSystem | None:
    """The system whose constitution is obeyed, as `nearest.router` finds it; systems come the oldest first."""
    speaking = [one for one in systems if one.status == "active" and _speaks(one.constitution)]
    return min(speaking, key=lambda one: "routing_confidence_threshold" not in (one.constitution or {}), default=None)


def _speaks(constitution: Mapping[str, Any] | None) -> bool:
    if constitution is None:
        return False
    rules = constitution.get("routing_rules")
    is_said = isinstance(rules, Mapping) and "confidence_threshold" in rules
    return is_said or "routing_confidence_threshold" in constitution


def _standing(one: KnownSystem, router: KnownSystem | None) -> Standing:
    return Standing(
        id=one.id,
        name=one.name,
        status=one.status,
        capabilities=one.capabilities,
        requires_approval=one.requires_approval,
        executions=0,
        avg_cost_usd=reading.NO_COST,
        avg_duration_ms=0,
        cosine=None,
        drift="NORMAL",
        stopped_because=None,
        routing=dict(one.constitution or {}) if router is not None and one.id == router.id else None,
    )


def _stacked(vectors: Sequence[Vectors], dimensions: int) -> Vectors:
    return np.stack(vectors) if len(vectors) else np.zeros((0, dimensions), np.float32)
