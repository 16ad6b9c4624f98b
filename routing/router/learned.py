"""Learned rules, as `learning` writes them here: inside its transaction, on the ledger, and never over what people wrote."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from governance.ids import new_id
from governance.scope import Scope
from routing.router import actions
from routing.router.actions import PatternTaken
from routing.router.models import RoutingRule


@dataclass(frozen=True, slots=True)
class Record:
    """What history says of a rule's system."""

    executions: int
    success_rate: Decimal
    confidence: Decimal
    avg_cost_usd: Decimal | None
    avg_duration_ms: int | None


@dataclass(frozen=True, slots=True)
class Lesson:
    """A rule as it was learned: `vector` is the pattern's, of `model`."""

    pattern: str
    vector: Sequence[float] | None
    model: str
    system_id: UUID
    alternatives: Sequence[UUID]
    action: str
    record: Record


def learn_within(*, scope: Scope, lesson: Lesson, why: str, at: datetime) -> RoutingRule:
    """A new rule, in force at once. A learned rule with this pattern gives way to it; raises `PatternTaken` for a person's."""
    before = RoutingRule.objects.select_for_update(no_key=True).filter(
        tenant_id=scope.tenant_id, request_pattern=lesson.pattern, is_active=True
    )
    if old := before.first():
        if not old.auto_generated:
            raise PatternTaken("A rule that a person wrote has this pattern. Turn that one off first, or leave it.")
        _put_switch(old, scope, is_active=False, at=at)
    row = RoutingRule(
        id=new_id(at),
        tenant_id=scope.tenant_id,
        request_pattern=lesson.pattern,
        request_embedding=lesson.vector,
        embedding_model=lesson.model,
        recommended_system_id=lesson.system_id,
        alternative_systems=list(lesson.alternatives),
        action=lesson.action,
        created_at=at,
        created_by=scope.actor.name,
        auto_generated=True,
        updated_at=at,
        updated_by=scope.actor.name,
    )
    _put(row, lesson.record, at=at)
    actions.save(row, is_new=True)
    if old:
        _record_switch(old, scope, why="a newer lesson takes its place", at=at)
    said = f'Learned a routing rule: requests like "{row.request_pattern}" go to {actions.road(actions.wish_of(row))}. {why}'
    actions.record(scope, row, "learn_rule", said, at=at, after={**actions.said_of(actions.wish_of(row)), **_said(row)})
    return row


def refresh_within(*, scope: Scope, rule_id: UUID, record: Record, why: str, at: datetime) -> bool:
    """Another record for a learned rule that is in force; says whether it was one, and moved."""
    rows = RoutingRule.objects.select_for_update(no_key=True).filter(tenant_id=scope.tenant_id, id=rule_id)
    row = rows.filter(auto_generated=True, is_active=True).first()
    if row is None:
        return False
    before = _said(row)
    _put(row, record, at=at)
    if _said(row) == before:
        return False
    row.updated_at, row.updated_by = at, scope.actor.name
    actions.save(row, is_new=False)
    was, now = before["confidence"], _said(row)["confidence"]
    said = f'The learned rule "{row.request_pattern}" has another record: confidence {was} before, {now} now. {why}'
    actions.record(scope, row, "refresh_rule", said, at=at, before=before, after=_said(row))
    return True


def switch_within(*, scope: Scope, rule_id: UUID, is_active: bool, why: str, at: datetime) -> bool:
    """Turn a learned rule on or off; says whether it was one, and was not so already. Raises `PatternTaken`."""
    rows = RoutingRule.objects.select_for_update(no_key=True).filter(tenant_id=scope.tenant_id, id=rule_id)
    row = rows.filter(auto_generated=True).exclude(is_active=is_active).first()
    if row is None:
        return False
    _put_switch(row, scope, is_active=is_active, at=at)
    _record_switch(row, scope, why=why, at=at)
    return True


def _put_switch(row: RoutingRule, scope: Scope, *, is_active: bool, at: datetime) -> None:
    row.is_active, row.updated_at, row.updated_by = is_active, at, scope.actor.name
    actions.save(row, is_new=False)


def _record_switch(row: RoutingRule, scope: Scope, *, why: str, at: datetime) -> None:
    word = "on" if row.is_active else "off"
    said = f'{scope.actor.name} turned {word} the learned rule "{row.request_pattern}": {why}.'
    actions.record(scope, row, "switch_rule", said, at=at, is_active=row.is_active)


def _put(row: RoutingRule, record: Record, *, at: datetime) -> None:
    row.based_on_executions, row.success_rate = record.executions, record.success_rate
    row.avg_cost_usd, row.avg_duration_ms = record.avg_cost_usd, record.avg_duration_ms
    row.confidence_score, row.last_validated = record.confidence, at


def _said(row: RoutingRule) -> dict[str, Any]:
    cost = row.avg_cost_usd
    return {
        "based_on_executions": row.based_on_executions,
        "success_rate": f"{row.success_rate:.4f}",
        "confidence": f"{row.confidence_score:.4f}",
        "avg_cost_usd": None if cost is None else f"{cost:.6f}",
        "avg_duration_ms": row.avg_duration_ms,
    }
