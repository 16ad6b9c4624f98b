"""Proposals as lists and pages read them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.db.models import Case, IntegerField, QuerySet, Value, When

from governance.audit.entries import Explained, explained_entry
from governance.audit.filters import Filters
from governance.audit.queries import matching
from governance.errors import NotFound
from governance.scope import Capability, Scope
from routing.executions.models import Execution
from routing.learning.models import LearningState, RuleProposal, State
from routing.learning.settings import Settings, settings_of

__all__ = ["Settings", "history", "lines_of", "night_of", "proposal", "proposals", "settings_of", "waiting", "whole"]


@dataclass(frozen=True, slots=True)
class Ranked:
    """One system's record with these requests. `reason` is why it stands where it stands."""

    system: str
    executions: int
    success_rate: Decimal
    confidence: Decimal
    avg_cost_usd: Decimal | None
    avg_duration_ms: int | None
    avg_stars: Decimal | None
    rated: int
    disputed: int
    corrected: int
    named: int
    reason: str


@dataclass(frozen=True, slots=True)
class Example:
    """An execution that the proposal rests on."""

    id: UUID
    text: str
    system: str
    status: str
    label: str
    stars: int | None
    is_disputed: bool
    at: datetime


@dataclass(frozen=True, slots=True)
class Line:
    """A proposal as a list shows it. `is_rule_on`: the rule that it became is in force."""

    id: UUID
    state: str
    label: str
    pattern: str
    system: str
    action: str
    based_on: int
    seen: int
    confidence: Decimal
    explanation: str
    revision: int
    ranking: tuple[Ranked, ...]
    rule_id: UUID | None
    is_rule_on: bool
    is_rule_learned: bool
    proposed_at: datetime
    updated_at: datetime
    decided_at: datetime | None
    decided_by: str
    because: str

    @property
    def is_waiting(self) -> bool:
        return self.state == State.WAITING

    @property
    def as_added(self) -> str:
        """The rule as a what-if reads it: what would have happened had it been there."""
        return f"{' '.join(self.pattern.split())} -> {self.system}"

    @property
    def can_be_taken_back(self) -> bool:
        return self.state == State.REFUSED or (self.state == State.ACCEPTED and self.is_rule_learned)

    @property
    def first(self) -> Ranked:
        return self.ranking[0]

    @property
    def others(self) -> tuple[Ranked, ...]:
        return self.ranking[1:]


@dataclass(frozen=True, slots=True)
class Whole:
    """A proposal as its page shows it."""

    line: Line
    examples: tuple[Example, ...]
    history: tuple[Explained, ...]


@dataclass(frozen=True, slots=True)
class LastNight:
    """What the last night did; None at what never was."""

    ran_at: datetime | None
    report: dict[str, Any]


def proposals(*, scope: Scope, state: str = "") -> QuerySet[RuleProposal]:
    """The tenant's proposals, those that wait first, then the newest. Raises `NotAllowed`."""
    scope.demand(Capability.READ_RECORD, to="read what is learned")
    rows = RuleProposal.objects.filter(tenant_id=scope.tenant_id).defer("request_embedding")
    if state:
        rows = rows.filter(state=state)
    rows = rows.select_related("recommended_system", "rule").defer(
        "recommended_system__constitution", "recommended_system__capabilities_embedding", "rule__request_embedding"
    )
    first = Case(When(state=State.WAITING, then=Value(0)), default=Value(1), output_field=IntegerField())
    return rows.order_by(first, "-proposed_at", "-id")


def proposal(*, scope: Scope, proposal_id: UUID) -> RuleProposal:
    """One of them. Raises `NotAllowed`, `NotFound`."""
    found = proposals(scope=scope).filter(id=proposal_id).first()
    if found is None:
        raise NotFound("There is no such proposal. The page Learned rules lists those there are.")
    return found


def waiting(*, scope: Scope) -> int:
    """How many wait for a review."""
    return RuleProposal.objects.filter(tenant_id=scope.tenant_id, state=State.WAITING).count()


def lines_of(rows: Iterable[RuleProposal]) -> list[Line]:
    """Rows of `proposals`. No query."""
    return [_line(one) for one in rows]


def whole(*, scope: Scope, proposal_id: UUID) -> Whole:
    """A proposal with its examples and what the ledger says about it. Raises `NotAllowed`, `NotFound`."""
    row = proposal(scope=scope, proposal_id=proposal_id)
    return Whole(_line(row), tuple(_examples(scope, row)), tuple(history(scope=scope, proposal_id=row.id)))


def history(*, scope: Scope, proposal_id: UUID) -> list[Explained]:
    """What the ledger says about a proposal, newest first."""
    filters = Filters(event_type="routing", subject=str(proposal_id))
    return [explained_entry(row) for row in matching(scope=scope, filters=filters).order_by("-sequence")[:50]]


def night_of(*, scope: Scope) -> LastNight:
    """The tenant's last night."""
    row = LearningState.objects.filter(tenant_id=scope.tenant_id).first()
    return LastNight(row.ran_at, row.report) if row else LastNight(None, {})


def learned_from(*, scope: Scope, rule_id: UUID) -> RuleProposal | None:
    """The proposal that became this rule."""
    rows = RuleProposal.objects.filter(tenant_id=scope.tenant_id, rule=rule_id)
    return rows.only("id", "based_on_executions", "explanation", "proposed_at").order_by("-proposed_at").first()


def _line(row: RuleProposal) -> Line:
    rule = row.rule
    return Line(
        id=row.id,
        state=row.state,
        label=str(State(row.state).label),
        pattern=row.pattern,
        system=row.recommended_system.name,
        action=row.action,
        based_on=row.based_on_executions,
        seen=row.seen,
        confidence=row.confidence_score,
        explanation=row.explanation,
        revision=row.revision,
        ranking=tuple(_ranked(one) for one in row.ranking),
        rule_id=rule.id if rule else None,
        is_rule_on=bool(rule and rule.is_active),
        is_rule_learned=rule is None or rule.auto_generated,
        proposed_at=row.proposed_at,
        updated_at=row.updated_at,
        decided_at=row.decided_at,
        decided_by=row.decided_by,
        because=row.because,
    )


def _ranked(one: dict[str, Any]) -> Ranked:
    return Ranked(
        system=one["system"],
        executions=one["executions"],
        success_rate=Decimal(one["success_rate"]),
        confidence=Decimal(one["confidence"]),
        avg_cost_usd=None if one["avg_cost_usd"] is None else Decimal(one["avg_cost_usd"]),
        avg_duration_ms=one["avg_duration_ms"],
        avg_stars=None if one["avg_stars"] is None else Decimal(one["avg_stars"]),
        rated=one["rated"],
        disputed=one["disputed"],
        corrected=one.get("corrected", 0),
        named=one.get("named", 0),
        reason=one["reason"],
    )


def _examples(scope: Scope, row: RuleProposal) -> list[Example]:
    rows = Execution.objects.filter(tenant_id=scope.tenant_id, id__in=row.examples).only(
        "id", "user_request", "system_name", "status", "user_satisfaction", "disputed_at", "started_at"
    )
    return [
        Example(
            id=one.id,
            text=one.user_request,
            system=one.system_name,
            status=one.status,
            label=one.get_status_display(),
            stars=one.user_satisfaction,
            is_disputed=one.disputed_at is not None,
            at=one.started_at,
        )
        for one in rows.order_by("-started_at", "-id")
    ]
