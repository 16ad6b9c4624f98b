"""What accepting a proposal does, for a person's verb and for a night that needs none; inside the caller's transaction."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import numpy as np

from governance.ledger import actions as ledger
from governance.registry.models import Status, System
from governance.scope import Scope
from routing.learning.errors import SystemGone
from routing.learning.models import RuleProposal, State
from routing.router.learned import Lesson, Record, learn_within, refresh_within, switch_within

EVENT = "routing"


def accept_within(*, scope: Scope, row: RuleProposal, at: datetime) -> None:
    """Put the rule in force: the one of an earlier acceptance again, else a new one. Raises `SystemGone`, `PatternTaken`."""
    system = System.objects.filter(tenant_id=scope.tenant_id, id=row.recommended_system_id).first()
    if system is None or system.status != Status.ACTIVE:
        name = system.name if system else "The system"
        raise SystemGone(f"{name} takes no new work, so nothing can be sent there. Refuse the proposal.")
    if not _again(scope, row, at=at):
        row.rule = learn_within(scope=scope, lesson=_lesson(row), why=row.explanation, at=at)
    decide(row, State.ACCEPTED, scope=scope, because="", at=at)
    said = f'{scope.actor.name} accepted the learned rule "{row.pattern}". {row.explanation}'
    record(scope, row, "accept", said, at=at, rule=str(row.rule_id), revision=row.revision)


def decide(row: RuleProposal, state: State, *, scope: Scope, because: str, at: datetime) -> None:
    """Keep a decision and who made it."""
    row.state, row.decided_at, row.decided_by, row.because = state, at, scope.actor.name, because
    row.updated_at = at
    row.save(update_fields=["state", "decided_at", "decided_by", "because", "updated_at", "rule"])


def record(scope: Scope, row: RuleProposal, verb: str, said: str, *, at: datetime, **details: Any) -> None:
    """Append what happened to a proposal."""
    action = {"name": f"learning.{verb}", "subject": str(row.id), "pattern": row.pattern, **details}
    ledger.append(scope=scope, at=at, event_type=EVENT, action=action, explanation=said)


def record_of(row: RuleProposal) -> Record:
    """The recommended system's record as it was proposed."""
    first = row.ranking[0]
    return Record(first["executions"], row.success_rate, row.confidence_score, row.avg_cost_usd, row.avg_duration_ms)


def _again(scope: Scope, row: RuleProposal, *, at: datetime) -> bool:
    """Whether the rule of an earlier acceptance could be turned on again; its pattern and systems are the proposal's still."""
    rule = row.rule
    if rule is None or (rule.request_pattern, rule.recommended_system_id) != (row.pattern, row.recommended_system_id):
        return False
    if not switch_within(scope=scope, rule_id=rule.id, is_active=True, why="its proposal was accepted again", at=at):
        return False
    refresh_within(scope=scope, rule_id=rule.id, record=record_of(row), why=row.explanation, at=at)
    return True


def _lesson(row: RuleProposal) -> Lesson:
    vector = None if row.request_embedding is None else np.asarray(row.request_embedding, np.float32).tolist()
    return Lesson(
        pattern=row.pattern,
        vector=vector,
        model=row.embedding_model,
        system_id=row.recommended_system_id,
        alternatives=row.alternative_systems,
        action=row.action,
        record=record_of(row),
    )
