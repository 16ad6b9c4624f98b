"""Top-ups as pages show them: what would change, before and after, and who may answer."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal
from typing import Final
from uuid import UUID

from django.db.models import QuerySet, Sum

from billing.budgets.amounts import said
from billing.budgets.board import Meter, meter_of
from billing.budgets.models import BudgetPlan, TopUp, TopUpState
from billing.budgets.top_ups import NEEDS, PART
from billing.budgets.windows import starts_of
from governance.approvals.queries import waiting_for
from governance.errors import NotFound
from governance.scope import Scope

MOST: Final = 50
MOST_CLOSED: Final = 10


@dataclass(frozen=True, slots=True)
class Wish:
    """One top-up as a line."""

    number: int
    resource_id: UUID
    name: str
    amount: str
    reason: str
    state: str
    asked_by: str
    asked_at: datetime
    closed_at: datetime | None
    closed_by: str
    closed_because: str
    window_end: datetime

    @property
    def label(self) -> str:
        return f"TOP-{self.number}"

    @property
    def state_label(self) -> str:
        return str(TopUpState(self.state).label)


@dataclass(frozen=True, slots=True)
class Card:
    """A top-up that waits: the budget before and after, what may be added at most, and whether this reader may answer."""

    wish: Wish
    before: Meter
    after: Meter
    digest: str
    due_at: datetime | None
    bound: str
    share: float
    is_over: bool
    is_mine: bool
    may_answer: bool
    needs: str

    @property
    def confirm_id(self) -> str:
        return f"confirm-{self.wish.number}"


def cards(*, scope: Scope, at: datetime) -> tuple[Card, ...]:
    """The top-ups that wait, the oldest first; six queries at most, however many there are."""
    rows = list(_rows(scope).filter(state=TopUpState.ASKED).order_by("number")[:MOST])
    if not rows:
        return ()
    mine = {question.id for question in waiting_for(scope=scope, at=at)}
    bases, added = _bases(scope), _added(scope, rows)
    return tuple(_card(row, scope=scope, mine=mine, bases=bases, added=added, at=at) for row in rows)


def closed_here(*, scope: Scope, at: datetime) -> tuple[Wish, ...]:
    """The answered top-ups of windows that run, the latest first; one query."""
    rows = _rows(scope).filter(resource__window_start__in=starts_of(at), resource__window_end__gt=at)
    return tuple(wish_of(row) for row in rows.exclude(state=TopUpState.ASKED).order_by("-number")[:MOST_CLOSED])


def of_budget(*, scope: Scope, resource_id: UUID) -> tuple[Wish, ...]:
    """The top-ups of one budget, the latest first; one query."""
    return tuple(wish_of(row) for row in _rows(scope).filter(resource_id=resource_id).order_by("-number")[:MOST])


def wishes(*, scope: Scope, state: str = "") -> QuerySet[TopUp]:
    """Every top-up, the latest first."""
    rows = _rows(scope).order_by("-number")
    return rows.filter(state=state) if state else rows


def found(*, scope: Scope, number: int) -> TopUp:
    """One top-up. Raises `NotFound`."""
    row = _rows(scope).filter(number=number).first()
    if row is None:
        raise NotFound("There is no such top-up.")
    return row


def wish_of(row: TopUp) -> Wish:
    """One row, with its budget and question loaded."""
    return Wish(
        number=row.number,
        resource_id=row.resource_id,
        name=meter_of(row.resource).name,
        amount=said(row.resource.resource_type, row.amount),
        reason=row.reason,
        state=row.state,
        asked_by=row.asked_by,
        asked_at=row.asked_at,
        closed_at=row.closed_at,
        closed_by=row.closed_by,
        closed_because=row.request.closed_because if row.request else "",
        window_end=row.resource.window_end,
    )


def _rows(scope: Scope) -> QuerySet[TopUp]:
    return TopUp.objects.filter(tenant_id=scope.tenant_id).select_related("resource", "request")


def _bases(scope: Scope) -> dict[tuple[str, str], Decimal]:
    rows = BudgetPlan.objects.filter(tenant_id=scope.tenant_id, is_active=True)
    return {
        (type, window): total
        for type, window, total in rows.values_list("resource_type", "window_type", "total_budget")
    }


def _added(scope: Scope, rows: Iterable[TopUp]) -> dict[UUID, Decimal]:
    applied = TopUp.objects.filter(
        tenant_id=scope.tenant_id, state=TopUpState.APPLIED, resource_id__in=[row.resource_id for row in rows]
    )
    return dict(applied.values_list("resource_id").annotate(sum=Sum("amount")))


def _card(
    row: TopUp,
    *,
    scope: Scope,
    mine: set[UUID],
    bases: dict[tuple[str, str], Decimal],
    added: dict[UUID, Decimal],
    at: datetime,
) -> Card:
    budget, so_far = row.resource, added.get(row.resource_id, Decimal(0))
    base = bases.get((budget.resource_type, budget.window_type), budget.total_budget - so_far)
    before = meter_of(budget)
    return Card(
        wish=wish_of(row),
        before=before,
        after=replace(before, total=before.total + row.amount),
        digest=row.digest,
        due_at=row.request.due_at if row.request else None,
        bound=said(budget.resource_type, max(base * PART - so_far, Decimal(0))),
        share=float(row.amount / base) if base else 1.0,
        is_over=budget.window_end <= at,
        is_mine=row.asked_by == scope.actor.name,
        may_answer=row.request_id in mine and budget.window_end > at,
        needs=" + ".join(need.label for need in NEEDS),
    )
