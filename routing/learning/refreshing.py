"""Learned rules in force get the figures of new executions; without any their confidence falls, as old ones count for less."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Final
from uuid import UUID

import numpy as np

from governance.scope import Scope
from governance.tenancy import in_tenant
from routing.learning import belief
from routing.learning.belief import Figures
from routing.learning.clustering import Vectors
from routing.learning.drafting import record_of
from routing.learning.evidence import Past, past_of
from routing.learning.models import RequestCluster
from routing.router.learned import refresh_within
from routing.router.models import RoutingRule

MOST: Final = 500
"""Learned rules that one night looks at, those first that were not looked at longest."""
LEAST_MOVE: Final = Decimal("0.01")
"""A confidence that only age moved by less than this is not worth an entry."""


def refresh(*, scope: Scope, model: str, bar: float, at: datetime) -> int:
    """Give the tenant's learned rules their figures, each in a transaction of its own; returns how many moved."""
    with in_tenant(scope.tenant_id):
        rows = RoutingRule.objects.filter(
            tenant_id=scope.tenant_id, auto_generated=True, is_active=True, embedding_model=model
        )
        rules = list(rows.order_by("last_validated", "id")[:MOST])
        ids, centres = _centres(scope, model) if rules else ([], np.zeros((0, 1), np.float32))
    if not ids:
        return 0
    moved = 0
    for rule in rules:
        with in_tenant(scope.tenant_id, durable=True):
            moved += _refreshed(scope, rule, ids, centres, bar=bar, at=at)
    return moved


def _centres(scope: Scope, model: str) -> tuple[list[UUID], Vectors]:
    rows = RequestCluster.objects.filter(tenant_id=scope.tenant_id, embedding_model=model).order_by("id")
    found = list(rows.values_list("id", "centre"))
    return [id for id, _ in found], np.array([np.asarray(one, np.float32) for _, one in found], np.float32)


def _refreshed(scope: Scope, rule: RoutingRule, ids: list[UUID], centres: Vectors, *, bar: float, at: datetime) -> bool:
    past = _past(scope, rule, ids, centres, bar)
    found = belief.ranked(past.trials, now=at) if past else []
    mine = next((one for one in found if one.system_id == rule.recommended_system_id), None)
    if past is None or mine is None or _stands(mine, rule):
        # HAZARD: also a rule that nothing speaks about counts as looked at, or those that are `MOST` first stay so for ever
        RoutingRule.objects.filter(tenant_id=scope.tenant_id, id=rule.id).update(last_validated=at)
        return False
    name = past.names.get(mine.system_id, "its system")
    return refresh_within(
        scope=scope, rule_id=rule.id, record=record_of(mine), why=belief.explained(mine, name=name), at=at
    )


def _past(scope: Scope, rule: RoutingRule, ids: list[UUID], centres: Vectors, bar: float) -> Past | None:
    """What came of the kind that is nearest to the rule; None where none is near enough."""
    cosines = centres @ np.asarray(rule.request_embedding, np.float32)
    best = int(cosines.argmax())
    rows = RequestCluster.objects.filter(tenant_id=scope.tenant_id, id=ids[best])
    cluster = rows.first() if cosines[best] >= bar else None
    return past_of(scope=scope, members=cluster.members) if cluster else None


def _stands(mine: Figures, rule: RoutingRule) -> bool:
    """Whether the rule's record is what it was, but for a little age."""
    return mine.trials == rule.based_on_executions and abs(mine.confidence - rule.confidence_score) < LEAST_MOVE
