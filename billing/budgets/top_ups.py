"""More for one running window: asked for, approved by somebody else, within a bound.

The bound: all top-ups of a window together are at most half of its plan (of its total, where no plan is in force), and dollars
never go above the contract.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any, Final
from uuid import UUID

from django.db.models import Q, Sum

from billing.budgets.amounts import exact, said, text
from billing.budgets.errors import AboveBound, ReasonNeeded, TopUpClosed, WindowOver
from billing.budgets.kinds import USD
from billing.budgets.models import BudgetPlan, Resource, TopUp, TopUpState, WindowType
from billing.budgets.plans import EVENT, demand_within_contract
from governance.approvals import actions as approvals
from governance.approvals import subjects
from governance.approvals.models import RequestState, Verdict
from governance.approvals.quorum import Requirement
from governance.approvals.subjects import Row
from governance.canonical import digest
from governance.errors import NotAllowed, NotFound
from governance.identity.confirm import Confirmation
from governance.ids import new_id
from governance.ledger import actions as ledger
from governance.ledger.verbs import governed
from governance.scope import Capability, Role, Scope
from governance.tenants.actions import next_number

KIND: Final = "top_up"
PART: Final = Decimal("0.5")
DUE: Final = timedelta(hours=24)
NEEDS: Final = (Requirement(frozenset({Role.ADMIN, Role.COMPLIANCE})),)
LONGEST: Final = 500


@governed("budgets.ask_top_up", subject="resource_id")
def ask_top_up(*, scope: Scope, resource_id: UUID, amount: Decimal, reason: str, at: datetime) -> TopUp:
    """Ask for more in a running window. A tenant admin or compliance officer decides, never who asked.

    Raises `NotAllowed`, `NotFound`, `WindowOver`, `AboveBound`, `AboveContract`, `BadAmount`, `ReasonNeeded`.
    """
    scope.demand(_capability(scope), to="ask for a top-up")
    row = _row(scope, resource_id, at=at)
    exact(amount, name=row.resource_type)
    if not reason.strip() or len(reason) > LONGEST:
        raise ReasonNeeded(f"Say why, in at most {LONGEST} characters.", problems=(("/reason", "is needed"),))
    _demand_bound(row, amount)
    wish = TopUp(
        id=new_id(at),
        tenant_id=scope.tenant_id,
        number=next_number(tenant_id=scope.tenant_id, series="TOP"),
        resource=row,
        amount=amount,
        reason=reason.strip(),
        asked_by=scope.actor.name,
        user_id=scope.actor.user_id,
        asked_at=at,
    )
    wish.digest = digest(_body(wish))
    wish.request = approvals.ask(
        scope=scope,
        subject_kind=KIND,
        subject_id=wish.id,
        digest=wish.digest,
        requirements=NEEDS,
        excluded_user_id=scope.actor.accountable_id,
        at=at,
        due_at=min(at + DUE, row.window_end),
    )
    wish.save(force_insert=True)
    _record(wish, "budgets.ask_top_up", f"{_sentence(wish)}, because: {wish.reason}", {}, scope=scope, at=at)
    return wish


@governed("budgets.approve_top_up", subject="number")
def approve_top_up(
    *, scope: Scope, number: int, digest: str, confirmation: Confirmation, note: str = "", at: datetime
) -> TopUp:
    """Say yes: the window's total grows at once.

    Raises what `approvals.answer` does, and `TopUpClosed`, `WindowOver`, `AboveBound`, `AboveContract`.
    """
    wish = _locked(scope, number)
    state = approvals.answer(
        scope=scope,
        request_id=_request(wish),
        digest=digest,
        verdict=Verdict.APPROVE,
        note=note,
        confirmation=confirmation,
        at=at,
    )
    if state is not RequestState.MET:
        return wish
    row = _row(scope, wish.resource_id, at=at)
    _demand_bound(row, wish.amount)
    row.total_budget, row.updated_at = row.total_budget + wish.amount, at
    row.save(update_fields=["total_budget", "updated_at"])
    _end(wish, TopUpState.APPLIED, scope=scope, at=at)
    answer = approvals.own_answer(scope=scope, request_id=_request(wish))
    _record(wish, "budgets.approve_top_up", f"{_sentence(wish)}: approved.", answer, scope=scope, at=at)
    return wish


@governed("budgets.reject_top_up", subject="number")
def reject_top_up(
    *, scope: Scope, number: int, digest: str, confirmation: Confirmation, note: str, at: datetime
) -> TopUp:
    """Say no, and why. Raises what `approvals.answer` does, `TopUpClosed`."""
    wish = _locked(scope, number)
    approvals.answer(
        scope=scope,
        request_id=_request(wish),
        digest=digest,
        verdict=Verdict.REJECT,
        note=note,
        confirmation=confirmation,
        at=at,
    )
    _end(wish, TopUpState.REJECTED, scope=scope, at=at)
    answer = approvals.own_answer(scope=scope, request_id=_request(wish))
    _record(
        wish,
        "budgets.reject_top_up",
        f"{_sentence(wish)}: rejected, because: {note.strip()}",
        answer,
        scope=scope,
        at=at,
    )
    return wish


@governed("budgets.withdraw_top_up", subject="number")
def withdraw_top_up(*, scope: Scope, number: int, at: datetime) -> TopUp:
    """Take one's own wish back. Raises `NotFound`, `NotAllowed`, `TopUpClosed`."""
    wish = _locked(scope, number)
    if wish.asked_by != scope.actor.name:
        raise NotAllowed(f"Only {wish.asked_by}, who asked, can withdraw this. Reject it instead.")
    approvals.void(request_id=_request(wish), because="withdrawn", at=at)
    _end(wish, TopUpState.WITHDRAWN, scope=scope, at=at)
    _record(wish, "budgets.withdraw_top_up", f"{_sentence(wish)}: withdrawn.", {}, scope=scope, at=at)
    return wish


@governed("budgets.expire_top_ups")
def expire_top_ups(*, scope: Scope, at: datetime) -> int:
    """Close the wishes whose window is over; returns how many. Runs twice without harm."""
    if not scope.actor.is_tars:
        raise NotAllowed("Only TARS's clock does this.")
    over = TopUp.objects.select_for_update(no_key=True, skip_locked=True, of=("self",)).filter(
        tenant_id=scope.tenant_id, state=TopUpState.ASKED, resource__window_end__lte=at
    )
    rows = list(over.order_by("id"))
    for wish in rows:
        approvals.void(request_id=_request(wish), because="its window is over", at=at)
        _end(wish, TopUpState.EXPIRED, scope=scope, at=at)
        _record(wish, "budgets.expire_top_up", f"{_sentence(wish)}: its window is over.", {}, scope=scope, at=at)
    return len(rows)


def bound_of(row: Resource) -> Decimal:
    """How much may be added to this window yet."""
    plan = BudgetPlan.objects.filter(
        tenant_id=row.tenant_id, resource_type=row.resource_type, window_type=row.window_type, is_active=True
    ).first()
    applied = TopUp.objects.filter(tenant_id=row.tenant_id, resource_id=row.id, state=TopUpState.APPLIED)
    added = applied.aggregate(sum=Sum("amount"))["sum"] or Decimal(0)
    base = plan.total_budget if plan else row.total_budget - added
    return max(base * PART - added, Decimal(0))


class Handler:
    """How top-ups show up among the questions of the inbox: one query each."""

    def rows(self, *, scope: Scope, ids: Collection[UUID], at: datetime) -> Mapping[UUID, Row]:
        return {row.subject_id: row for row in self._rows(scope, Q(id__in=ids), at=at, limit=len(ids))}

    def mine(self, *, scope: Scope, at: datetime, limit: int) -> Sequence[Row]:
        if scope.actor.user_id is None:
            return ()
        return self._rows(scope, Q(user_id=scope.actor.user_id, state=TopUpState.ASKED), at=at, limit=limit)

    def adrift(self, *, scope: Scope, at: datetime, limit: int) -> Sequence[Row]:
        return ()

    def _rows(self, scope: Scope, which: Q, *, at: datetime, limit: int) -> Sequence[Row]:
        found = TopUp.objects.filter(which, tenant_id=scope.tenant_id).select_related("resource", "request")
        return tuple(_inbox_row(wish, at=at) for wish in found.order_by("-number")[:limit])


def register() -> None:
    """Tell the inbox how top-ups look; called from `AppConfig.ready`."""
    subjects.register(KIND, Handler())


def _inbox_row(wish: TopUp, *, at: datetime) -> Row:
    return Row(
        subject_id=wish.id,
        label=f"TOP-{wish.number}",
        sentence=_sentence(wish),
        url=f"/budgets/#top-up-{wish.number}",
        system="",
        type=KIND,
        type_label="Top-up",
        effect="expands",
        state=wish.state,
        proposed_by=wish.asked_by,
        proposer_id=wish.user_id,
        proposed_at=wish.asked_at,
        due_at=wish.request.due_at if wish.request else None,
        expires_at=wish.resource.window_end,
        is_stale=wish.state == TopUpState.ASKED and wish.resource.window_end <= at,
        extra=(f"Because: {wish.reason}",),
    )


def _capability(scope: Scope) -> Capability:
    return Capability.MANAGE_BUDGETS if scope.can(Capability.MANAGE_BUDGETS) else Capability.SPEND


def _row(scope: Scope, resource_id: UUID, *, at: datetime) -> Resource:
    row = Resource.objects.select_for_update(no_key=True).filter(tenant_id=scope.tenant_id, id=resource_id).first()
    if row is None:
        raise NotFound("There is no such budget.")
    if not row.window_start <= at < row.window_end or not row.is_limit:
        raise WindowOver("Only a running window with a limit can be topped up.")
    return row


def _locked(scope: Scope, number: int) -> TopUp:
    wish = TopUp.objects.select_for_update(no_key=True).filter(tenant_id=scope.tenant_id, number=number).first()
    if wish is None:
        raise NotFound("There is no such top-up.")
    if wish.state != TopUpState.ASKED:
        raise TopUpClosed(f"TOP-{number} is {TopUpState(wish.state).label.lower()} already.")
    return wish


def _request(wish: TopUp) -> UUID:
    assert wish.request_id is not None
    return wish.request_id


def _demand_bound(row: Resource, amount: Decimal) -> None:
    if amount > (most := bound_of(row)):
        raise AboveBound(
            f"At most {said(row.resource_type, most)} can be added to this window. Ask for less, or change the plan.",
            problems=(("/amount", "is too much"),),
        )
    if row.resource_type == USD:
        demand_within_contract(row.total_budget + amount, tenant_id=row.tenant_id)


def _end(wish: TopUp, state: TopUpState, *, scope: Scope, at: datetime) -> None:
    wish.state, wish.closed_at, wish.closed_by = state.value, at, scope.actor.name
    wish.save(update_fields=["state", "closed_at", "closed_by"])


def _body(wish: TopUp) -> dict[str, str]:
    """What is approved: nothing in it can move without another digest."""
    return {
        "id": str(wish.id),
        "resource_id": str(wish.resource_id),
        "amount": text(wish.amount),
        "reason": wish.reason,
        "asked_by": wish.asked_by,
    }


def _sentence(wish: TopUp) -> str:
    row = wish.resource
    window = str(WindowType(row.window_type).label).lower()
    return f"Add {said(row.resource_type, wish.amount)} to the {window} budget that ends on {row.window_end:%d %B at %H:%M} UTC"


def _record(wish: TopUp, verb: str, sentence: str, answer: Mapping[str, Any], *, scope: Scope, at: datetime) -> None:
    """`answer` is the signed one, where a person gave one."""
    action = {
        **answer,
        "name": verb,
        "subject": f"TOP-{wish.number}",
        "resource_id": str(wish.resource_id),
        "amount": text(wish.amount),
        "digest": wish.digest,
    }
    ledger.append(scope=scope, at=at, event_type=EVENT, action=action, explanation=sentence)
