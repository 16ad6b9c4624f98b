"""A row of executions, and which of them a scope may see."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any, Final
from uuid import UUID

from django.db.models import F, OuterRef, Q, QuerySet, Subquery

from governance.errors import NotFound
from governance.scope import Capability, Scope
from routing.executions.models import Execution, ExecutionRequest
from routing.executions.stages import Stage
from routing.executions.track import Mark, mark_of

_HEAVY: Final = ("request_embedding", "route", "input_data", "answer", "system__constitution")


@dataclass(frozen=True, slots=True)
class Line:
    """One row of the list. `status` is "" until it is done."""

    id: UUID
    request: str
    system: str
    action: str
    stage: str
    status: str
    requested_by: str
    parent_id: UUID | None
    created_at: datetime
    finished_at: datetime | None
    cost_usd: Decimal | None
    progress: int
    progress_note: str
    channel: str
    stars: int | None
    is_disputed: bool
    error: str

    @property
    def mark(self) -> Mark:
        return mark_of(stage=self.stage, status=self.status)

    @property
    def is_done(self) -> bool:
        return self.stage == Stage.DONE


def lines_of(rows: Iterable[ExecutionRequest]) -> list[Line]:
    """Rows of `executions` as a list shows them; no further query."""
    return [line_of(row) for row in rows]


def demand_visible(*, scope: Scope, id: UUID) -> None:
    """Raise `NotFound` for what is not there, or what the scope may not see."""
    if not visible(scope).filter(id=id).exists():
        raise NotFound("There is no such execution.")


def visible(scope: Scope, *, whole: bool = False) -> QuerySet[ExecutionRequest]:
    """Everything for who reads the record, or answers questions; else what they asked for."""
    rows = rows_of(scope, whole=whole)
    if scope.can(Capability.READ_RECORD):
        return rows
    scope.demand(Capability.REQUEST, to="see executions")
    return rows.filter(mine(scope))


def rows_of(scope: Scope, *, whole: bool = False) -> QuerySet[ExecutionRequest]:
    done = Execution.objects.filter(tenant_id=scope.tenant_id, id=OuterRef("pk"))
    rows = ExecutionRequest.objects.filter(tenant_id=scope.tenant_id).select_related("system", "question")
    rows = rows.annotate(
        status=Subquery(done.values("status")[:1]),
        cost_usd=Subquery(done.values("cost_usd")[:1]),
        stars=Subquery(done.values("user_satisfaction")[:1]),
        disputed_at=Subquery(done.values("disputed_at")[:1]),
        error=Subquery(done.values("error_message")[:1]),
        channel=F("steps__0__channel"),
    )
    return rows.defer("request_embedding", "system__constitution") if whole else rows.defer("steps", *_HEAVY)


def mine(scope: Scope) -> Q:
    return asked_by(scope.actor.user_id)


def asked_by(id: UUID | None) -> Q:
    """What a person or system asked for, or answers for."""
    return Q(user_id=id) | Q(accountable_id=id)


def line_of(row: Any) -> Line:
    return Line(
        id=row.id,
        request=row.user_request,
        system=row.system.name if row.system else row.wanted_system,
        action=row.action,
        stage=row.stage,
        status=row.status or "",
        requested_by=row.requested_by,
        parent_id=row.parent_id,
        created_at=row.created_at,
        finished_at=row.finished_at,
        cost_usd=row.cost_usd,
        progress=row.progress,
        progress_note=row.progress_note,
        channel=row.channel or "",
        stars=row.stars,
        is_disputed=row.disputed_at is not None,
        error=row.error or "",
    )
