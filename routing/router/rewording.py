"""A learned rule gets another pattern, because the words it had belong to a request that is destroyed; for `learning`, in its
transaction. The old words are in no entry of this."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Final

from governance.scope import Scope
from routing.router import actions
from routing.router.models import RoutingRule

GONE: Final = "Destroyed with the request that it was learned from"


def learned_as(*, scope: Scope, texts: Collection[str]) -> list[RoutingRule]:
    """Learned rules, on or off, whose pattern is one of these; locked."""
    rows = RoutingRule.objects.select_for_update(no_key=True).filter(tenant_id=scope.tenant_id, auto_generated=True)
    return list(rows.filter(request_pattern__in=list(texts)).order_by("id"))


def is_free(*, row: RoutingRule, pattern: str) -> bool:
    """Whether no other rule that is on has this pattern."""
    rows = RoutingRule.objects.filter(tenant_id=row.tenant_id, request_pattern=pattern, is_active=True)
    return not rows.exclude(id=row.id).exists()


def reword_within(*, scope: Scope, row: RoutingRule, pattern: str, vector: Sequence[float], at: datetime) -> None:
    """The rule goes on under the words of a request that is there, with its vector."""
    row.request_pattern, row.request_embedding = pattern, list(vector)
    _put(scope, row, at=at)
    said = f'The learned rule is told as "{pattern}" now: the request whose words it had was destroyed.'
    actions.record(scope, row, "reword_rule", said, at=at, is_active=row.is_active)


def end_within(*, scope: Scope, row: RoutingRule, at: datetime) -> None:
    """The rule is off for good: nothing is left of what it was about."""
    row.request_pattern, row.request_embedding, row.embedding_model = f"{GONE} ({row.id.hex[-12:]})", None, ""
    row.is_active = False
    _put(scope, row, at=at)
    said = "A learned rule was turned off: the request whose words it had was destroyed, and no other like it is there."
    actions.record(scope, row, "end_rule", said, at=at, is_active=False)


def _put(scope: Scope, row: RoutingRule, *, at: datetime) -> None:
    row.updated_at, row.updated_by = at, scope.actor.name
    actions.save(row, is_new=False)
