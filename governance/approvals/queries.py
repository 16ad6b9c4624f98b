"""Who is asked what, as an inbox needs it: bounded, and in a number of queries that does not grow with the rows."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.contrib.postgres.expressions import ArraySubquery
from django.contrib.postgres.fields import ArrayField
from django.db.models import BooleanField, Exists, F, Func, JSONField, OuterRef, Q, QuerySet, Subquery, TextField, Value

from governance.approvals import subjects
from governance.approvals.models import (
    ApprovalDecision,
    ApprovalRequest,
    Assignment,
    RequestState,
    Snooze,
    Verdict,
    Via,
)
from governance.approvals.quorum import Requirement, helps, missing, sentence
from governance.approvals.subjects import Row
from governance.identity.queries import deputised_roles, lent_roles
from governance.scope import Capability, Role, Scope

LIMIT = 500
"""Questions one list looks at; an inbox longer than that is not read, it is filtered."""


REVIEW_WITHIN = timedelta(days=7)
"""How long an override may wait for its review before pages point at it."""


@dataclass(frozen=True, slots=True)
class Question:
    """A question and the answers so far. `given` holds the roles of each approver, one frozenset per person."""

    id: UUID
    kind: str
    subject_id: UUID
    state: str
    asked_at: datetime
    closed_at: datetime | None
    closed_because: str
    excluded_user_id: UUID | None
    requirements: tuple[Requirement, ...]
    given: tuple[frozenset[Role], ...]
    my_verdict: str = ""
    digest: str = ""
    due_at: datetime | None = None
    holder_id: UUID | None = None
    holder: str = ""
    """Who has it in hand, "" for nobody."""
    snoozed_until: datetime | None = None
    """Until when this actor does not want to see it."""

    @property
    def needs(self) -> str:
        """ "2 of Compliance officer", "Operator + Compliance officer": everybody it needs, answered or not."""
        return " + ".join(
            need.label if need.count == 1 else f"{need.count} of {need.label}" for need in self.requirements
        )

    @property
    def needed(self) -> int:
        return sum(need.count for need in self.requirements)

    @property
    def given_count(self) -> int:
        """How many places are filled; an answer that fills none is not counted."""
        return self.needed - sum(need.count for need in missing(self.requirements, self.given))

    @property
    def still_needs(self) -> str:
        return sentence(missing(self.requirements, self.given))

    @property
    def my_answer(self) -> str:
        """ "Approved", "Rejected", "Asked for changes"; empty for somebody who did not answer."""
        return str(Verdict(self.my_verdict).label) if self.my_verdict else ""


@dataclass(frozen=True, slots=True)
class Item:
    """A subject and, if it asks anybody, its question."""

    row: Row
    question: Question | None = None

    @property
    def due_at(self) -> datetime | None:
        """When an answer is wanted at the latest: the question's own day or its subject's, whichever comes first."""
        asked = self.question.due_at if self.question else None
        return min((due for due in (asked, self.row.due_at) if due is not None), default=None)

    @property
    def asked_at(self) -> datetime:
        return self.question.asked_at if self.question else self.row.proposed_at


@dataclass(frozen=True, slots=True)
class Override:
    """An override that a second person should look at; somebody's own is listed, and not theirs to review."""

    decision_id: UUID
    by: str
    note: str
    at: datetime
    row: Row
    is_own: bool
    by_id: UUID | None = None
    is_late: bool = False
    """Nobody has looked at it for a week."""


def waiting_for(*, scope: Scope, at: datetime, request_id: UUID | None = None) -> tuple[Question, ...]:
    """The open questions this actor may answer now, in an own or a lent role, oldest first; snoozed ones are marked.

    With `request_id`, that one or none.
    Answers count as they stand in the rows; the verb checks every signature before it counts one.
    """
    lent = _lent(scope=scope, at=at)
    roles = (scope.roles if scope.can(Capability.DECIDE) else frozenset()) | lent
    if scope.actor.user_id is None or not roles:
        return ()
    rows = _unanswered(scope).filter(_asks_any(Value(_names(roles), _TEXTS)))
    rows = rows.filter(id=request_id) if request_id else rows
    return tuple(
        question
        for question in _questions(rows, scope=scope, at=at)
        if helps(question.requirements, question.given, roles)
    )


def waiting_count(*, scope: Scope, at: datetime) -> int:
    """How many questions this actor may answer now and has not snoozed; stops counting behind `LIMIT`. One query."""
    if scope.actor.user_id is None:
        return 0
    own = scope.roles if scope.can(Capability.DECIDE) else frozenset()
    lent = lent_roles(scope=scope, at=at)
    wanted = Func(Value(_names(own), _TEXTS), ArraySubquery(lent), function="array_cat", output_field=_TEXTS)
    snoozed = Snooze.objects.filter(request_id=OuterRef("id"), user_id=scope.actor.user_id, until__gt=at)
    rows = _unanswered(scope).filter(_asks_any(wanted)).filter(~Exists(snoozed)).order_by()
    rows = rows if own else rows.filter(Exists(lent))  # who may decide nothing costs no look at the questions
    found = rows.annotate(given=_given(), lent=ArraySubquery(lent)).values_list("requirements", "given", "lent")
    count = 0
    known: dict[str, bool] = {}
    for requirements, given, also in found[: LIMIT + 1]:
        # Few questions differ in what they need, so each need is worked out once.
        key = f"{requirements}{given}"
        if key not in known:
            roles = own | frozenset(Role(role) for role in also)
            known[key] = helps([Requirement.of(data) for data in requirements], _people(given), roles)
        count += known[key]
    return count


def team(*, scope: Scope, at: datetime) -> tuple[Question, ...]:
    """Every open question of the tenant, oldest first."""
    return tuple(_questions(_open(scope), scope=scope, at=at))


def one(*, scope: Scope, request_id: UUID, at: datetime) -> tuple[Question, ...]:
    """The question of that id, in whatever state, or nothing."""
    rows = ApprovalRequest.objects.filter(tenant_id=scope.tenant_id, id=request_id)
    return tuple(_questions(rows, scope=scope, at=at))


def decided(*, scope: Scope, at: datetime) -> tuple[Question, ...]:
    """The last questions that were answered for good, newest first, each with this actor's own verdict."""
    # Ids are UUIDv7, so the primary key is the order in time, and the last ones cost no sort of all.
    rows = ApprovalRequest.objects.filter(
        tenant_id=scope.tenant_id, state__in=[RequestState.MET, RequestState.REFUSED]
    ).order_by("-id")
    found = list(_questions(rows, scope=scope, at=at))
    mine = dict(
        ApprovalDecision.objects.filter(
            tenant_id=scope.tenant_id,
            user_id=scope.actor.user_id,
            user_id__isnull=False,
            request_id__in=[question.id for question in found],
        ).values_list("request_id", "verdict")
    )
    return tuple(_with_verdict(question, mine.get(question.id, "")) for question in found)


def mine(*, scope: Scope, at: datetime) -> tuple[Row, ...]:
    """What this actor started and what is not over, of every kind, newest first."""
    found = [row for handler in subjects.handlers() for row in handler.mine(scope=scope, at=at, limit=LIMIT)]
    return _newest(found)


def adrift(*, scope: Scope, at: datetime) -> tuple[Row, ...]:
    """What is under way and asks nobody (stale, handed back), of every kind, newest first."""
    found = [row for handler in subjects.handlers() for row in handler.adrift(scope=scope, at=at, limit=LIMIT)]
    return _newest(found)


def with_rows(questions: Iterable[Question], *, scope: Scope, at: datetime) -> tuple[Item, ...]:
    """The questions with their subjects, in their order; one whose kind nobody registered is left out."""
    questions = tuple(questions)
    found: dict[tuple[str, UUID], Row] = {}
    for kind in sorted({question.kind for question in questions}):
        if handler := subjects.handler_of(kind):
            ids = [question.subject_id for question in questions if question.kind == kind]
            rows = handler.rows(scope=scope, ids=ids, at=at)
            found |= {(kind, subject_id): row for subject_id, row in rows.items()}
    keyed = (((question.kind, question.subject_id), question) for question in questions)
    return tuple(Item(found[key], question) for key, question in keyed if key in found)


def overrides_to_review(*, scope: Scope, at: datetime) -> tuple[Override, ...]:
    """Overrides that nobody has looked at yet, oldest first; empty for somebody who may not review one."""
    if not scope.can(Capability.DECIDE):
        return ()
    rows = list(
        ApprovalDecision.objects.filter(tenant_id=scope.tenant_id, via=Via.OVERRIDE, reviews=None)
        .order_by("id")
        .values_list("id", "actor_name", "note", "at", "user_id", "request__subject_kind", "request__subject_id")[
            :LIMIT
        ]
    )
    by_kind: dict[str, list[UUID]] = {}
    for row in rows:
        by_kind.setdefault(row[5], []).append(row[6])
    shown = {
        (kind, subject_id): shown_row
        for kind, ids in by_kind.items()
        if (handler := subjects.handler_of(kind))
        for subject_id, shown_row in handler.rows(scope=scope, ids=ids, at=at).items()
    }
    return tuple(
        Override(
            decision_id=row[0],
            by=row[1],
            note=row[2],
            at=row[3],
            row=shown[row[5], row[6]],
            is_own=row[4] == scope.actor.user_id,
            by_id=row[4],
            is_late=row[3] <= at - REVIEW_WITHIN,
        )
        for row in rows
        if (row[5], row[6]) in shown
    )


def late_reviews(*, scope: Scope, at: datetime) -> int:
    """How many overrides nobody has looked at for a week: one cheap query."""
    late = ApprovalDecision.objects.filter(
        tenant_id=scope.tenant_id, via=Via.OVERRIDE, reviews=None, at__lte=at - REVIEW_WITHIN
    )
    return late.count()


def _open(scope: Scope) -> QuerySet[ApprovalRequest]:
    return ApprovalRequest.objects.filter(tenant_id=scope.tenant_id, state=RequestState.OPEN).order_by("asked_at", "id")


_TEXTS = ArrayField(TextField())


def _unanswered(scope: Scope) -> QuerySet[ApprovalRequest]:
    """The open questions that this actor neither started nor answered."""
    answered = ApprovalDecision.objects.filter(request_id=OuterRef("id"), user_id=scope.actor.user_id)
    own = Q(excluded_user_id=scope.actor.user_id, excluded_user_id__isnull=False)
    return _open(scope).filter(~Exists(answered)).exclude(own)


def _asks_any(roles: Any) -> Func:
    """Whether a question asks for any of these roles at all, met or not."""
    asked = Func(
        F("requirements"), template="jsonb_path_query_array(%(expressions)s, '$[*].roles[*]')", output_field=JSONField()
    )
    return Func(asked, roles, function="jsonb_exists_any", output_field=BooleanField())


def _given() -> ArraySubquery:
    """The roles of those who said yes to a question, one array a person."""
    yes = ApprovalDecision.objects.filter(request_id=OuterRef("id"), verdict=Verdict.APPROVE).order_by("at", "id")
    return ArraySubquery(yes.values(given_roles=F("roles")))


def _names(roles: Iterable[Role]) -> list[str]:
    return sorted(role.value for role in roles)


def _people(given: Iterable[Iterable[str]]) -> tuple[frozenset[Role], ...]:
    return tuple(frozenset(Role(role) for role in roles) for roles in given)


def _questions(rows: QuerySet[ApprovalRequest], *, scope: Scope, at: datetime) -> Iterable[Question]:
    """One query: the questions, the roles of those who said yes, who has them in hand, this actor's snooze."""
    hand = Assignment.objects.filter(request_id=OuterRef("id"))
    snoozed = Snooze.objects.filter(Q(user_id=scope.actor.user_id), request_id=OuterRef("id"), until__gt=at)
    found = rows.annotate(
        given=_given(),
        holder_id=Subquery(hand.values("user_id")[:1]),
        holder_name=Subquery(hand.values("user__name")[:1]),
        holder_email=Subquery(hand.values("user__email")[:1]),
        snoozed_until=Subquery(snoozed.values("until")[:1]),
    )
    for row in found[:LIMIT]:
        yield Question(
            id=row.id,
            kind=row.subject_kind,
            subject_id=row.subject_id,
            state=row.state,
            asked_at=row.asked_at,
            closed_at=row.closed_at,
            closed_because=row.closed_because,
            excluded_user_id=row.excluded_user_id,
            requirements=tuple(Requirement.of(data) for data in row.requirements),
            given=_people(row.given),
            digest=row.digest,
            due_at=row.due_at,
            holder_id=row.holder_id,
            holder=row.holder_name or row.holder_email or "",
            snoozed_until=row.snoozed_until,
        )


def _lent(*, scope: Scope, at: datetime) -> frozenset[Role]:
    """The roles this actor holds for somebody else; being one's own deputy lends nothing."""
    if scope.actor.user_id is None:
        return frozenset()
    return frozenset(
        role
        for role, principals in deputised_roles(scope=scope, at=at).items()
        if any(principal != scope.actor.user_id for principal in principals)
    )


def _with_verdict(question: Question, verdict: str) -> Question:
    return replace(question, my_verdict=verdict) if verdict else question


def _newest(rows: list[Row]) -> tuple[Row, ...]:
    return tuple(sorted(rows, key=lambda row: (row.proposed_at, row.subject_id), reverse=True)[:LIMIT])
