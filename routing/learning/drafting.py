"""A kind of request and what came of it becomes a rule that could be proposed, or the reason why not."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any, Final
from uuid import UUID

import numpy as np

from governance.scope import Scope
from routing.learning import belief
from routing.learning.belief import Figures
from routing.learning.clustering import Vectors, most_typical
from routing.learning.evidence import Past, past_of, vectors_of
from routing.learning.models import RequestCluster
from routing.router.acting import HANDLE
from routing.router.actions import LONGEST, MOST_ALTERNATIVES
from routing.router.learned import Record

_NONE: Final = Decimal(0)


@dataclass(frozen=True, slots=True)
class Draft:
    """A rule out of history. `first` is the recommended system's record, `others` those behind it, surest first."""

    pattern: str
    vector: Vectors
    first: Figures
    others: tuple[Figures, ...]
    action: str
    executions: int
    examples: tuple[UUID, ...]
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


def draft_of(*, scope: Scope, cluster: RequestCluster, at: datetime) -> Draft | None:
    """What the newest executions of a kind speak for; None where no active system is among them."""
    past = past_of(scope=scope, members=cluster.members)
    rows = belief.names_missing(belief.ranked(past.trials, now=at), past.names)
    typical = _typical(scope, cluster, past)
    if not rows or typical is None:
        return None
    first, *others = rows
    pattern, vector = typical
    mine = [one for one in past.trials if one.system_id == first.system_id]
    return Draft(
        pattern=pattern,
        vector=vector,
        first=first,
        others=tuple(others),
        action=belief.usual_action(mine, besides={HANDLE}),
        executions=len(past.requests),
        examples=tuple(past.examples()),
        names=past.names,
    )


def record_of(one: Figures) -> Record:
    """A system's record as a rule keeps it."""
    return Record(one.trials, one.rate, one.confidence, one.avg_cost_usd, one.avg_duration_ms)


def _typical(scope: Scope, cluster: RequestCluster, past: Past) -> tuple[str, Vectors] | None:
    """The request nearest to the centre, in its asker's own words."""
    texts = {id: text.strip() for id, text, _ in past.requests if 0 < len(text.strip()) <= LONGEST}
    ids, vectors = vectors_of(scope=scope, members=list(texts), model=cluster.embedding_model)
    if not ids:
        return None
    centre = _centre(cluster)
    row = most_typical(centre, vectors)
    return texts[ids[row]], vectors[row]


def _centre(cluster: RequestCluster) -> Vectors:
    return np.asarray(cluster.centre, dtype=np.float32)


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
        "reason": "surest" if one is first else belief.why_behind(one, first),
    }
