"""A kind of request and what came of it becomes a rule that could be proposed, or the reason why not."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal
from typing import Any, Final
from uuid import UUID

from governance.scope import Scope
from routing.learning import belief
from routing.learning.belief import Figures
from routing.learning.clustering import Vectors, middle, most_typical, told_apart
from routing.learning.evidence import Past, pasts_of, vectors_of
from routing.learning.models import RequestCluster
from routing.router.acting import HANDLE
from routing.router.actions import LONGEST, MOST_ALTERNATIVES
from routing.router.learned import Record

_NONE: Final = Decimal(0)


@dataclass(frozen=True, slots=True)
class Draft:
    """A rule out of history. `first` is the recommended system's record, `others` those behind it, surest first. `is_part`: it is
    about those requests of its kind that one system did, because the requests tell the systems apart."""

    pattern: str
    vector: Vectors
    first: Figures
    others: tuple[Figures, ...]
    action: str
    executions: int
    seen: int
    examples: tuple[UUID, ...]
    members: frozenset[UUID]
    is_part: bool
    names: dict[UUID, str]

    @property
    def alternatives(self) -> list[UUID]:
        """Those behind it that did it well at least once, as many as a rule may have."""
        return [one.system_id for one in self.others if one.confidence > _NONE][:MOST_ALTERNATIVES]

    @property
    def record(self) -> Record:
        return record_of(self.first)

    @property
    def explanation(self) -> str:
        return belief.explained(self.first, name=self.names[self.first.system_id])

    def ranking(self) -> list[dict[str, Any]]:
        """Every system's record as JSON."""
        return [_line(one, self.first, self.names) for one in (self.first, *self.others)]


def drafts_of(*, scope: Scope, clusters: Sequence[RequestCluster], model: str, at: datetime) -> list[list[Draft]]:
    """What the newest executions of each kind speak for: one rule; or one for each system, where the requests tell them apart.
    Three statements for all of them."""
    pasts = pasts_of(scope=scope, kinds=[one.members for one in clusters])
    vectors = vectors_of(scope=scope, kinds=[[one.id for one in past.requests] for past in pasts], model=model)
    return [_drafts(*one, at=at) for one in zip(clusters, pasts, vectors, strict=True)]


def _drafts(
    cluster: RequestCluster, past: Past, found_vectors: tuple[list[UUID], Vectors], *, at: datetime
) -> list[Draft]:
    ids, vectors = found_vectors
    asked = {one.id: one for one in past.requests}
    systems = [asked[id].system_id for id in ids]
    parts = list(dict.fromkeys(systems)) if ids and told_apart(vectors, systems) else [None]
    found = []
    for part in parts:
        rows = [n for n, system in enumerate(systems) if part in {None, system}]
        some = replace(past, requests=tuple(one for one in past.requests if part in {None, one.system_id}))
        seen = round(cluster.seen * len(some.requests) / max(1, len(past.requests)))
        found.append(_draft(some, [ids[n] for n in rows], vectors[rows], seen=seen, is_part=part is not None, at=at))
    return [one for one in found if one is not None]


def _draft(past: Past, ids: list[UUID], vectors: Vectors, *, seen: int, is_part: bool, at: datetime) -> Draft | None:
    """One rule out of these; None where no active system is among them, or no request can be a pattern."""
    rows = belief.names_missing(belief.ranked(past.trials, now=at), past.names)
    if not rows:
        return None
    first, *others = rows
    mine = [one for one in past.trials if one.system_id == first.system_id]
    typical = _typical(past, ids, vectors, system_id=first.system_id)
    if typical is None:
        return None
    pattern, vector = typical
    return Draft(
        pattern=pattern,
        vector=vector,
        first=first,
        others=tuple(others),
        action=belief.usual_action(mine, besides={HANDLE}),
        executions=len(past.requests),
        seen=seen,
        examples=tuple(past.examples()),
        members=frozenset(one.id for one in past.requests),
        is_part=is_part,
        names=past.names,
    )


def record_of(one: Figures) -> Record:
    """A system's record as a rule keeps it."""
    return Record(one.trials, one.rate, one.confidence, one.avg_cost_usd, one.avg_duration_ms)


def _typical(past: Past, ids: list[UUID], vectors: Vectors, *, system_id: UUID) -> tuple[str, Vectors] | None:
    """Of those that the recommended system did, the request nearest to their middle, in its asker's own words."""
    said = {one.id: one.text.strip() for one in past.requests if system_id in (one.system_id, one.instead)}
    rows = [n for n, id in enumerate(ids) if 0 < len(said.get(id, "")) <= LONGEST]
    if not rows:
        return None
    own = vectors[rows]
    row = most_typical(middle(own), own)
    return said[ids[rows[row]]], own[row]


def _line(one: Figures, first: Figures, names: dict[UUID, str]) -> dict[str, Any]:
    return {
        "system_id": str(one.system_id),
        "system": names[one.system_id],
        "executions": one.trials,
        "success_rate": str(one.rate),
        "confidence": str(one.confidence),
        "avg_cost_usd": None if one.avg_cost_usd is None else str(one.avg_cost_usd),
        "avg_duration_ms": one.avg_duration_ms,
        "avg_stars": None if one.avg_stars is None else str(one.avg_stars),
        "rated": one.rated,
        "disputed": one.disputed,
        "corrected": one.corrected,
        "named": one.named,
        "reason": "surest" if one is first else belief.why_behind(one, first),
    }
