"""What stands already where a new rule would: rules in force, proposals that wait, proposals that were refused."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final
from uuid import UUID

import numpy as np
from django.db.models import Count, Max

from governance.scope import Scope
from routing.learning.clustering import Vectors
from routing.learning.evidence import parsed
from routing.learning.models import RuleProposal, State
from routing.router import nearest
from routing.router.heads import head_of
from routing.router.models import RoutingRule
from routing.router.nearest import NearRule
from routing.router.obeyed import Obeyed, obeyed
from routing.router.sureness import of_rules

MOST: Final = 500
"""Proposals that are compared, the newest."""


@dataclass(frozen=True, slots=True)
class Law:
    """What the tenant's router obeys, and the model that vectors are of."""

    obeyed: Obeyed
    model: str


def law_of(*, scope: Scope, model: str) -> Law:
    """The router's words for the tenant. One query."""
    router = nearest.router(scope=scope)
    return Law(obeyed(router.name, router.constitution) if router else Obeyed(), model)


def covering_rule(*, scope: Scope, text: str, vector: Vectors, law: Law) -> NearRule | None:
    """The rule in force by which a request like this finds its way already: the nearest that clears the router's threshold."""
    rows = nearest.rules(scope=scope, vector=vector, model=law.model)
    head = head_of(tenant_id=scope.tenant_id, model=law.model)
    sure = of_rules(rows, model=law.model, text=text, vector=vector, trained=head)
    clear = (rule for rule, one in zip(rows, sure, strict=True) if one * rule.confidence >= law.obeyed.threshold)
    return next(clear, None)


def has_rules(*, scope: Scope, law: Law) -> bool:
    """Whether any rule is in force that could cover something. One query."""
    rules = RoutingRule.objects.filter(tenant_id=scope.tenant_id, embedding_model=law.model, is_active=True)
    return rules.exists()


def alike(*, vector: Vectors, near: Iterable[tuple[UUID, Vectors]], bar: float) -> list[UUID]:
    """Those at a cosine of `bar` or more, in the order in which they came."""
    return [id for id, other in near if float(np.round(other @ vector, 6)) >= bar]


class Known:
    """The newest proposals that wait or were decided by somebody, with their vectors; read again only where there are others."""

    def __init__(self) -> None:
        self._mark: object = None
        self._found: list[tuple[UUID, Vectors]] = []

    def read(self, *, scope: Scope, model: str) -> list[tuple[UUID, Vectors]]:
        """They, newest first. One query, or two."""
        rows = RuleProposal.objects.filter(tenant_id=scope.tenant_id, embedding_model=model)
        mark = rows.exclude(state=State.WITHDRAWN).aggregate(count=Count("id"), last=Max("proposed_at"))
        if mark != self._mark:
            self._mark, self._found = mark, _proposals(scope, model)
        return self._found


def _proposals(scope: Scope, model: str) -> list[tuple[UUID, Vectors]]:
    rows = RuleProposal.objects.filter(tenant_id=scope.tenant_id, embedding_model=model).exclude(state=State.WITHDRAWN)
    found = rows.order_by("-proposed_at", "-id").values_list("id", "request_embedding")[:MOST]
    return [(id, _vector(value)) for id, value in found]


def _vector(value: object) -> Vectors:
    return parsed(value) if isinstance(value, str) else np.asarray(value, dtype=np.float32)
