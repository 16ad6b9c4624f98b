"""One row of the inbox: its subject, whom it asks, how urgent and how risky it is."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from governance.approvals import queries as approvals
from governance.approvals.queries import Item, Question
from governance.approvals.subjects import Row
from governance.errors import NotFound
from governance.scope import Scope
from governance.web import now
from routing.executions.asking import KIND as EXECUTION
from tarsweb.inbox.risk import Facts, Risk, risk_of
from tarsweb.inbox.times import Due, due_bucket

_KINDS = {"rollback": "rollback"}


@dataclass(frozen=True, slots=True)
class Line:
    """One row of the inbox. `due` and `risk` count only while it asks somebody."""

    item: Item
    due: Due
    risk: Risk
    is_over: bool
    is_mine_to_answer: bool
    is_in_my_hand: bool = False

    @property
    def row(self) -> Row:
        return self.item.row

    @property
    def question(self) -> Question | None:
        return self.item.question

    @property
    def is_asking(self) -> bool:
        return self.item.question is not None and self.item.question.state == "open"

    @property
    def is_handed_back(self) -> bool:
        return self.item.row.state == "changes_requested"

    @property
    def is_overdue(self) -> bool:
        return self.due is Due.OVERDUE

    @property
    def is_due_today(self) -> bool:
        return self.due is Due.TODAY

    @property
    def is_due_soon(self) -> bool:
        return self.due is not Due.LATER

    @property
    def is_snoozed(self) -> bool:
        return self.item.question is not None and self.item.question.snoozed_until is not None

    @property
    def kind(self) -> str:
        """What asks: an amendment, or the rollback of one."""
        return self.item.question.kind if self.item.question else _KINDS.get(self.row.type, "amendment")

    @property
    def key(self) -> str:
        """What URLs and check boxes call it: the label, for a rollback with a word before it."""
        return self.row.label if self.kind == "amendment" else f"{self.kind}-{self.row.label}"


def waiting_count(scope: Scope) -> int:
    """How many questions this actor may answer now and has not put off: the badge in the menu. One query."""
    return approvals.waiting_count(scope=scope, at=now())


def waiting(scope: Scope, *, at: datetime) -> tuple[Line, ...]:
    """What waits for this actor and is not put off, by due bucket, then risk, then age."""
    items = approvals.with_rows(approvals.waiting_for(scope=scope, at=at), scope=scope, at=at)
    mine = frozenset(item.row.subject_id for item in items)
    found = (line_of(item, scope=scope, at=at, mine=mine) for item in items)
    return tuple(sorted((line for line in found if not is_put_off(line)), key=by_urgency))


def lines_of(items: Iterable[Item], *, scope: Scope, at: datetime, mine: frozenset[UUID]) -> tuple[Line, ...]:
    """The items as lines, in their order; `mine` are the subjects whose question this actor may answer."""
    return tuple(line_of(item, scope=scope, at=at, mine=mine) for item in items)


def line_of(item: Item, *, scope: Scope, at: datetime, mine: frozenset[UUID]) -> Line:
    row, question = item.row, item.question
    is_asking = question is not None and question.state == "open"
    due = due_bucket(item.due_at, at=at) if is_asking else Due.LATER
    facts = Facts(
        effect=row.effect,
        basis=row.basis,
        protected=row.protected,
        changes=row.changes,
        dependents=row.dependents,
        is_overdue=due is Due.OVERDUE,
        is_second_person=question is not None and question.kind == "rollback",
        is_act=row.type == EXECUTION,
    )
    return Line(
        item=item,
        due=due,
        risk=risk_of(facts),
        is_over=is_asking and row.expires_at is not None and row.expires_at <= at,
        is_mine_to_answer=row.subject_id in mine,
        is_in_my_hand=question is not None
        and question.holder_id is not None
        and question.holder_id == scope.actor.user_id,
    )


def found_line(*, scope: Scope, request_id: UUID, at: datetime) -> Line:
    """One question as a line, open or answered. Raises `NotFound`."""
    items = approvals.with_rows(approvals.one(scope=scope, request_id=request_id, at=at), scope=scope, at=at)
    if not items:
        raise NotFound("There is no such question.")
    mine = approvals.waiting_for(scope=scope, at=at, request_id=request_id)
    return line_of(items[0], scope=scope, at=at, mine=frozenset(question.subject_id for question in mine))


def is_put_off(line: Line) -> bool:
    """Whether this actor's snooze hides the line; INVARIANT: it never hides what is overdue."""
    return line.is_snoozed and not line.is_overdue


def by_urgency(line: Line) -> tuple[Any, ...]:
    """Due bucket, then risk, then age."""
    return (line.due.rank, line.risk.level.rank, line.item.asked_at, line.row.label)
