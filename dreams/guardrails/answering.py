"""What people say about a watch: the amendment stays, it is watched longer, TARS leaves the system alone, or may go on."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from dreams.guardrails.models import OPEN, State, Watch
from dreams.guardrails.triggers import DAYS
from dreams.guardrails.watching import EVENT
from governance.errors import DomainError, Invalid, NotFound
from governance.ids import first_id
from governance.ledger import actions as ledger
from governance.ledger.verbs import governed
from governance.scope import Capability, Scope
from governance.tenants.actions import demand_reason

TO: Final = "decide about a watched amendment"
MOST_WORDS: Final = 1_000


class NotWatched(DomainError):
    """The watch is over, or in a state in which this cannot be said."""

    code = "not_watched"


@governed("guardrails.keep", subject="number")
def keep(*, scope: Scope, number: int, reason: str, at: datetime) -> Watch:
    """The amendment stays, whatever was crossed, and its watch ends.

    Raises `NotAllowed`, `NotFound`, `NotWatched`, `ReasonMissing`, `Invalid`.
    """
    watch, reason = _open(scope=scope, number=number, reason=reason, why="it stays")
    watch.state, watch.closed_at, watch.closed_by, watch.because = State.KEPT, at, scope.actor.name, reason
    watch.save(update_fields=["state", "closed_at", "closed_by", "because"])
    _record(watch, "guardrails.keep", f"{scope.actor.name} keeps it: {reason}", scope=scope, at=at)
    return watch


@governed("guardrails.extend", subject="number")
def extend(*, scope: Scope, number: int, days: int, reason: str, at: datetime) -> Watch:
    """Watch it so many days longer, from now where its time was over, up to ninety in all. Raises as `keep`."""
    watch, reason = _open(scope=scope, number=number, reason=reason, why="it is watched longer")
    ends_at = max(watch.ends_at, at) + timedelta(days=days)
    if days < 1 or ends_at > watch.begins_at + timedelta(days=DAYS.stop - 1):
        raise Invalid(
            f"An amendment is watched for at most {DAYS.stop - 1} days in all.",
            problems=(("/days", "is less than 1 or too many"),),
        )
    watch.ends_at = ends_at
    watch.save(update_fields=["ends_at"])
    said = f"{scope.actor.name} has it watched until {ends_at:%d %B %Y, %H:%M} UTC: {reason}"
    _record(watch, "guardrails.extend", said, scope=scope, at=at)
    return watch


@governed("guardrails.pause", subject="number")
def pause(*, scope: Scope, number: int, reason: str, at: datetime) -> Watch:
    """TARS promotes no dream on this amendment's system by itself until somebody resumes. The watch goes on: what asks for a
    rollback is still rolled back. Raises as `keep`."""
    watch, reason = _open(scope=scope, number=number, reason=reason, why="it is paused")
    if watch.state == State.PAUSED:
        raise NotWatched("It is paused already.")
    watch.state, watch.because = State.PAUSED, reason
    watch.save(update_fields=["state", "because"])
    _record(watch, "guardrails.pause", f"{scope.actor.name} paused it: {reason}", scope=scope, at=at)
    return watch


@governed("guardrails.resume", subject="number")
def resume(*, scope: Scope, number: int, reason: str, at: datetime) -> Watch:
    """Go on watching, armed anew: what was seen so far counts no more. Raises as `keep`."""
    watch, reason = _open(scope=scope, number=number, reason=reason, why="the watch goes on")
    if watch.state == State.WATCHING and watch.crossing is None:
        raise NotWatched("It is watched, and nothing was crossed.")
    if at >= watch.ends_at:
        raise NotWatched("Its time is over. Extend the watch first, keep the amendment, or roll it back.")
    watch.state, watch.because, watch.crossing = State.WATCHING, reason, None
    watch.judge, watch.seen_to = {"since": at.isoformat()}, max(watch.seen_to, first_id(at))
    watch.save(update_fields=["state", "because", "crossing", "judge", "seen_to"])
    _record(watch, "guardrails.resume", f"{scope.actor.name} has it watched anew: {reason}", scope=scope, at=at)
    return watch


def suspension(scope: Scope, system_id: UUID) -> str:
    """Why TARS may not change a system by itself: one of its amendments is paused, or waits for people. One query."""
    rows = Watch.objects.filter(
        tenant_id=scope.tenant_id, system_id=system_id, state__in=[State.PAUSED, State.ASKED, State.FIRED]
    )
    found = rows.select_related("amendment").order_by("begins_at").first()
    return f"{found.amendment.label} is under guardrails and waits for a decision." if found else ""


def _open(*, scope: Scope, number: int, reason: str, why: str) -> tuple[Watch, str]:
    scope.demand(Capability.ROLL_BACK, to=TO)
    reason = demand_reason(reason, why=why)
    if len(reason) > MOST_WORDS:
        raise Invalid(f"Say it in {MOST_WORDS:,} characters.", problems=(("/reason", "is too long"),))
    rows = Watch.objects.select_for_update(of=("self",)).select_related("amendment")
    watch = rows.filter(tenant_id=scope.tenant_id, amendment__number=number).first()
    if watch is None:
        raise NotFound(f"AMD-{number} is not watched.")
    if watch.state not in OPEN or watch.amendment.rolled_back_at is not None:
        raise NotWatched(f"The watch of AMD-{number} is over. Its page says how it ended.")
    if watch.state == State.FIRED:
        raise NotWatched(f"AMD-{number} is being rolled back this moment. Reload the page.")
    return watch, reason


def _record(watch: Watch, verb: str, said: str, *, scope: Scope, at: datetime) -> None:
    amendment = watch.amendment
    ledger.append(
        scope=scope,
        at=at,
        event_type=EVENT,
        action={
            "name": verb,
            "subject": amendment.label,
            "amendment_id": str(amendment.id),
            "watch_id": str(watch.id),
            "ends_at": watch.ends_at.isoformat(),
        },
        explanation=f"{amendment.label} on {amendment.system_name}: {said}",
        rules_applied=["guardrails"],
    )
