"""What happens while a question waits: colleagues nudge, TARS reminds, and a day after its deadline others are called in.

Verbs: `nudge`, `remind_due` (TARS's clock). INVARIANT: `remind_due` locks no question. Who applies an amendment voids other
questions while it holds the chain's head; a lock on one of them here, with the head wanted next, would close the circle.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from django.db import IntegrityError, connection, transaction

from governance.approvals import desk
from governance.approvals.actions import AlreadyDecided
from governance.approvals.answerers import Standing, standings
from governance.approvals.models import ApprovalRequest, Reminder, ReminderKind, RequestState
from governance.approvals.people import WATCHERS, Staff, staff
from governance.approvals.queries import overrides_to_review, with_rows
from governance.approvals.subjects import Row
from governance.errors import DomainError, Invalid, NotAllowed, NotFound
from governance.ids import new_id
from governance.ledger import actions as ledger
from governance.ledger.verbs import governed
from governance.notices import kinds
from governance.notices.actions import News, tell, tell_all
from governance.scope import Capability, Role, Scope

SOON: Final = timedelta(hours=24)
ESCALATES_AFTER: Final = timedelta(hours=24)
REVIEW_DAYS: Final = (1, 3, 7)
"""On which days an override asks for its review again; later once a week."""


class AlreadyNudged(DomainError):
    """This person was nudged about this question today."""

    code = "already_nudged"


class NudgesOneself(Invalid):
    """Whoever could answer needs no nudge from themselves."""

    code = "nudges_oneself"


@dataclass(frozen=True, slots=True)
class _Due:
    """An open question at a stage of its deadline, and whom that concerns."""

    kind: ReminderKind
    standing: Standing
    row: Row
    told: Collection[UUID]

    @property
    def due_at(self) -> datetime:
        assert self.standing.question.due_at is not None
        return self.standing.question.due_at


def register_kinds() -> None:
    """Name the news of reminders for the notices page."""
    kinds.register("reminder", "Reminders and deadlines")


@governed("approvals.nudge", subject="request_id")
def nudge(*, scope: Scope, request_id: UUID, user_id: UUID, at: datetime) -> Reminder:
    """Ask somebody who may answer a question to do it; each person hears it once a day about each question.

    Raises `NotAllowed`, `NotFound`, `AlreadyDecided`, `CannotAnswer`, `NudgesOneself`, `AlreadyNudged`.
    """
    scope.demand(Capability.READ_RECORD, to="nudge somebody")
    if user_id == scope.person_id:
        raise NudgesOneself("You can answer this yourself: it stands on its page.")
    request = ApprovalRequest.objects.filter(tenant_id=scope.tenant_id, id=request_id).first()
    if request is None:
        raise NotFound("There is no such question.")
    if request.state != RequestState.OPEN:
        raise AlreadyDecided("This has been decided already. Reload to see how.")
    person = desk.able(scope=scope, request=request, user_id=user_id, at=at)
    row = desk.row_of(scope=scope, request=request, at=at)
    day = at.date()
    reminder = _reminder(scope=scope, request_id=request.id, user_id=person.id, kind=ReminderKind.NUDGE, at=at)
    try:
        with transaction.atomic():
            reminder.save(force_insert=True)
    except IntegrityError:
        raise AlreadyNudged(f"{person} was nudged about this today. Ask again tomorrow, or hand it over.") from None
    by = staff(scope=scope, at=at).called(scope.actor)
    said = f"{by} asks you to decide {row.label} on {row.system}: {row.sentence}"
    key = f"{request.id}:nudge:{day}"
    tell(
        scope=scope,
        user_ids=[person.id],
        kind="reminder",
        key=key,
        subject=row.label,
        sentence=said,
        url=row.url,
        at=at,
    )
    return reminder


@governed("approvals.remind_due")
def remind_due(*, scope: Scope, at: datetime) -> dict[str, int]:
    """Say a day before its deadline that a question waits, at the deadline that it is late, and call others in a day later;
    ask again for the review of overrides. Each once, however often this runs; returns how many of each kind."""
    if not scope.actor.is_tars:
        raise NotAllowed("Only TARS's clock reminds.")
    if not _is_alone(scope):
        return {}
    people = staff(scope=scope, at=at)
    due = list(_due(scope=scope, people=people, at=at))
    reminders = [
        _reminder(
            scope=scope, request_id=one.standing.question.id, user_id=user_id, kind=one.kind, at=at, due=one.due_at
        )
        for one in due
        for user_id in one.told
    ]
    Reminder.objects.bulk_create(reminders, ignore_conflicts=True)
    reviews = list(_reviews(scope=scope, people=people, at=at))
    tell_all(scope=scope, news=[*(_news(one) for one in due), *reviews], at=at)
    for one in due:
        if one.kind is ReminderKind.ESCALATED:
            _record(one, scope=scope, people=people, at=at)
    counts = {
        kind.value: sum(one.kind is kind for one in due) for kind in ReminderKind if kind is not ReminderKind.NUDGE
    }
    return {**counts, "reviews": len(reviews)}


def _due(*, scope: Scope, people: Staff, at: datetime) -> Iterator[_Due]:
    """The questions that have reached a stage which nobody was told of."""
    waiting = {one.question.id: one for one in standings(scope=scope, at=at) if _stage(one, at=at)}
    done = set(
        Reminder.objects.filter(tenant_id=scope.tenant_id, request_id__in=waiting)
        .exclude(kind=ReminderKind.NUDGE)
        .values_list("request_id", "kind")
    )
    fresh = [one.question for one in waiting.values() if (one.question.id, _stage(one, at=at)) not in done]
    for item in with_rows(fresh, scope=scope, at=at):
        assert item.question is not None
        standing = waiting[item.question.id]
        kind = _stage(standing, at=at)
        if kind and not item.row.is_stale and not (item.row.expires_at and item.row.expires_at <= at):
            yield _Due(kind, standing, item.row, _told(kind, standing, people))


def _stage(standing: Standing, *, at: datetime) -> ReminderKind | None:
    """How far a question's deadline is; one that had a day or less from the start is not told that it has a day left."""
    question = standing.question
    if question.due_at is None:
        return None
    left = question.due_at - at
    if left <= -ESCALATES_AFTER:
        return ReminderKind.ESCALATED
    if left <= timedelta(0):
        return ReminderKind.OVERDUE
    is_long = question.due_at - question.asked_at > SOON
    return ReminderKind.DUE_SOON if left <= SOON and is_long else None


def _told(kind: ReminderKind, standing: Standing, people: Staff) -> frozenset[UUID]:
    """Before the deadline whoever has it in hand, else all who can answer; after it the deputies and the tenant admins."""
    question = standing.question
    if kind is ReminderKind.ESCALATED:
        roles = frozenset().union(*(requirement.roles for requirement in question.requirements))
        return people.standing_in(roles) | people.holding([Role.ADMIN])
    if kind is ReminderKind.DUE_SOON and question.holder_id in standing.user_ids:
        return standing.user_ids & {question.holder_id}
    return standing.user_ids


def _news(one: _Due) -> News:
    label, question = one.row.label, one.standing.question
    when = f"{one.due_at:%d %B %Y, %H:%M} UTC"
    said = {
        ReminderKind.DUE_SOON: f"{label} on {one.row.system} waits for your answer until {when}: {one.row.sentence}",
        ReminderKind.OVERDUE: f"{label} on {one.row.system} is overdue since {when} and still waits: {one.row.sentence}",
        ReminderKind.ESCALATED: (
            f"{label} on {one.row.system} was due on {when} and nobody decided. It still needs {question.still_needs}. "
            "Answer it if you can, find somebody who does, or break the glass on its page if it cannot wait."
        ),
    }[one.kind]
    key = f"{question.id}:{one.kind.value}"
    return News(one.told, "reminder", key, label, said, one.row.url)


def _record(one: _Due, *, scope: Scope, people: Staff, at: datetime) -> None:
    names = sorted(people.names[user_id] for user_id in one.told if user_id in people.names)
    ledger.append(
        scope=scope,
        at=at,
        event_type="authority",
        action={
            "name": "approvals.escalate",
            "subject": one.row.label,
            "system": one.row.system,
            "request_id": str(one.standing.question.id),
            "due_at": one.due_at.isoformat(),
            "needs": one.standing.question.still_needs,
            "told": names,
        },
        explanation=(
            f"{one.row.label} was due on {one.due_at:%d %B %Y, %H:%M} UTC and nobody decided, so its deputies and the tenant "
            "admins were told."
        ),
    )


def _reviews(*, scope: Scope, people: Staff, at: datetime) -> Iterator[News]:
    """Overrides that wait for their review, on the days on which they ask again."""
    for one in overrides_to_review(scope=scope, at=at):
        days = (at - one.at).days
        day = max((day for day in REVIEW_DAYS if day <= days), default=0) if days < 14 else days - days % 7
        if not day:
            continue
        said = (
            f"The break-glass by {people.names.get(one.by_id, one.by) if one.by_id else one.by} on {one.row.label} still "
            f"waits for a review, {days} day{'' if days == 1 else 's'} later. Say on its page whether it was right."
        )
        told = people.holding(WATCHERS) - {one.by_id}
        yield News(told, "override", f"{one.decision_id}:review:{day}", one.row.label, said, one.row.url)


def _reminder(
    *,
    scope: Scope,
    request_id: UUID,
    user_id: UUID,
    kind: ReminderKind,
    at: datetime,
    due: datetime | None = None,
) -> Reminder:
    """A nudge belongs to its day, everything else to the day of the deadline: it comes once."""
    return Reminder(
        id=new_id(at),
        tenant_id=scope.tenant_id,
        request_id=request_id,
        user_id=user_id,
        kind=kind,
        day=(due or at).date(),
        by=scope.actor.name,
        at=at,
    )


def _is_alone(scope: Scope) -> bool:
    """Whether no other worker reminds in this tenant now; held until the transaction ends."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_xact_lock(hashtextextended(%s, 0))", [f"reminders:{scope.tenant_id}"])
        return bool(cursor.fetchone()[0])
