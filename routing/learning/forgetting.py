"""Patterns that are the words of requests which are destroyed: a rule goes on under another request that it is about, or ends."""

from __future__ import annotations

from typing import Any, Final

from django.db import connection

from governance.scope import Scope
from routing.learning.deciding import decide
from routing.learning.evidence import parsed
from routing.learning.models import RuleProposal, State
from routing.lifecycle.forgetting import Destroyed
from routing.router import rewording
from routing.router.actions import LONGEST
from routing.router.models import RoutingRule

BECAUSE: Final = "the requests that it was about were destroyed"
NEWEST: Final = 2_000
"""Of a rule's system so many requests are looked at for one that is like it."""
ALIKE: Final = 0.8
"""The cosine from which on another request may speak for a rule."""

_LIKE: Final = """
SELECT btrim(user_request), request_embedding::text FROM (
  SELECT user_request, request_embedding FROM executions
  WHERE tenant_id = %(tenant)s AND system_id = %(system)s AND lifecycle_state IN ('HOT', 'WARM', 'COLD')
    AND embedding_model = %(model)s AND request_embedding IS NOT NULL ORDER BY started_at DESC LIMIT %(newest)s) e
WHERE 1 - (request_embedding <=> %(vector)s::vector) >= %(alike)s AND length(btrim(user_request)) BETWEEN 1 AND %(longest)s
ORDER BY request_embedding <=> %(vector)s::vector LIMIT 5
"""


def forget(scope: Scope, gone: Destroyed) -> int:
    """Rules first, then their proposals; returns how many of both lost words."""
    rules = [_reworded(scope, row, gone) for row in rewording.learned_as(scope=scope, texts=gone.texts)]
    rows = RuleProposal.objects.select_for_update(no_key=True).filter(tenant_id=scope.tenant_id)
    proposals = list(rows.filter(pattern__in=list(gone.texts)).order_by("id"))
    for row in proposals:
        row.pattern, row.request_embedding, row.embedding_model = f"{rewording.GONE} ({row.id.hex[-12:]})", None, ""
        row.revision, row.updated_at = row.revision + 1, gone.at
        row.save(update_fields=["pattern", "request_embedding", "embedding_model", "revision", "updated_at"])
        if row.state == State.WAITING:
            decide(row, State.WITHDRAWN, scope=scope, because=BECAUSE, at=gone.at)
    return sum(rules) + len(proposals)


def _reworded(scope: Scope, row: RoutingRule, gone: Destroyed) -> bool:
    """False where somebody still says exactly this: then the words are not the destroyed request's alone."""
    for pattern, vector in _alike(scope, row):
        if pattern == row.request_pattern:
            return False
        if pattern not in gone.texts and rewording.is_free(row=row, pattern=pattern):
            rewording.reword_within(scope=scope, row=row, pattern=pattern, vector=parsed(vector).tolist(), at=gone.at)
            return True
    rewording.end_within(scope=scope, row=row, at=gone.at)
    return True


def _alike(scope: Scope, row: RoutingRule) -> list[tuple[str, str]]:
    """Requests that are there, of the rule's system and like it, the nearest first, with their vectors as text."""
    if row.request_embedding is None:
        return []
    values: dict[str, Any] = {
        "tenant": scope.tenant_id,
        "system": row.recommended_system_id,
        "model": row.embedding_model,
        "vector": str([float(one) for one in row.request_embedding]),
        "newest": NEWEST,
        "alike": ALIKE,
        "longest": LONGEST,
    }
    with connection.cursor() as cursor:
        cursor.execute(_LIKE, values)
        return list(cursor.fetchall())
