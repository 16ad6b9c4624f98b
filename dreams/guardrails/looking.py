"""One look at one watch: what is new is taken in, and what crosses a line is acted on.

INVARIANT: a crossing is on the ledger before anything is done about it, in a transaction of its own; a process killed between the
two leaves the state FIRED, and the next look acts. What TARS cannot undo becomes an urgent question to people, once.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any, Final
from uuid import UUID

from django.urls import reverse

from dreams.guardrails import judging, reading
from dreams.guardrails.judging import Baseline, Crossing, Judge, Seen
from dreams.guardrails.models import OPEN, State, Watch
from dreams.guardrails.triggers import Reaction, rules_of
from dreams.guardrails.watching import EVENT, watched_of
from governance.amendments.actions.undo import roll_back_by_guardrail
from governance.amendments.models import Rollback, RollbackState
from governance.approvals.models import ApprovalDecision
from governance.errors import DomainError, NotAllowed
from governance.identity.queries import able
from governance.ids import first_id
from governance.ledger import actions as ledger
from governance.ledger.verbs import governed
from governance.notices import kinds
from governance.notices.actions import tell
from governance.scope import Capability, Scope
from governance.tenancy import in_tenant
from governance.webhooks.actions import emit

KIND: Final = "guardrail"
MOST_POINTS: Final = 120
PARTS: Final = 20
_GRAVITY: Final = {Reaction.WARN: 0, Reaction.PAUSE: 1, Reaction.ROLL_BACK: 2}
_THEN: Final = {
    State.FIRED: "TARS rolls it back.",
    State.ASKED: "Decide whether it stays: TARS only asks.",
    State.PAUSED: "TARS changes this system no more by itself until somebody decides.",
}


def register_kinds() -> None:
    """Say what this slice's news is called; called from `AppConfig.ready`."""
    kinds.register(KIND, "A guardrail of an amendment was crossed")


def visit(*, scope: Scope, watch_id: UUID, at: datetime) -> State:
    """Look, and roll back where that is what follows. Each in a transaction of its own."""
    state = look(scope=scope, watch_id=watch_id, at=at)
    return react(scope=scope, watch_id=watch_id, at=at) if state is State.FIRED else state


@governed("guardrails.look", subject="watch_id")
def look(*, scope: Scope, watch_id: UUID, at: datetime) -> State:
    """Take in what is new since the last look; where the watch stands then. Raises `NotAllowed` for anybody but TARS."""
    if not scope.actor.is_tars:
        raise NotAllowed("TARS looks by itself, each minute.")
    watch = _locked(scope=scope, watch_id=watch_id)
    if watch.state not in OPEN or watch.looked_at == at:
        return State(watch.state)
    if watch.amendment.rolled_back_at is not None:
        return _undone(watch, scope=scope, at=at)
    if watch.state == State.FIRED:
        return State.FIRED
    crossing = _gravest(watch, _seen(watch, scope=scope, at=at))
    if crossing is not None:
        return _crossed(watch, crossing, scope=scope, at=at)
    if watch.seen_to >= first_id(watch.ends_at) and watch.state == State.WATCHING:
        return _ended(watch, scope=scope, at=at)
    watch.save(update_fields=["judge", "series", "seen_to", "looked_at"])
    return State(watch.state)


def react(*, scope: Scope, watch_id: UUID, at: datetime) -> State:
    """Undo the amendment of a watch that fired; what TARS may not or cannot undo is asked of people."""
    watch = _read(scope=scope, watch_id=watch_id)
    if watch.state != State.FIRED or watch.crossing is None:
        return State(watch.state)
    said = {"watch_id": str(watch.id), **watch.crossing}
    if at > watch.ends_at:
        because = "The watch was over before it could be done."
        return _acted(scope=scope, watch_id=watch_id, state=State.ASKED, because=because, at=at)
    try:
        rollback = roll_back_by_guardrail(
            scope=scope, number=watch.amendment.number, guardrail=said, reason=_reason(watch), at=at
        )
    except DomainError as refusal:
        return _acted(scope=scope, watch_id=watch_id, state=State.ASKED, because=refusal.sentence, at=at)
    if rollback.state == RollbackState.DONE:
        return _acted(scope=scope, watch_id=watch_id, state=State.ROLLED_BACK, because=_reason(watch), at=at)
    because = "Undoing it expands something: two people must confirm the rollback that TARS asked for."
    return _acted(scope=scope, watch_id=watch_id, state=State.ASKED, because=because, at=at)


@governed("guardrails.act", subject="watch_id")
def _acted(*, scope: Scope, watch_id: UUID, state: State, because: str, at: datetime) -> State:
    watch = _locked(scope=scope, watch_id=watch_id)
    if watch.state != State.FIRED:
        return State(watch.state)
    if watch.amendment.rolled_back_at is not None:
        return _undone(watch, scope=scope, at=at)
    watch.state, watch.because, watch.acted_at = state, f"{watch.because} TARS could not undo it: {because}", at
    watch.save(update_fields=["state", "because", "acted_at"])
    _tell(watch, _sentence(watch), scope=scope, at=at)
    _record(watch, "guardrails.ask", f"It is for people to decide: {because}", scope=scope, at=at)
    return state


def _undone(watch: Watch, *, scope: Scope, at: datetime) -> State:
    """Close the watch of what is rolled back: by people, or by TARS, perhaps in a look that was killed or went on beside this."""
    undone = Rollback.objects.filter(
        tenant_id=scope.tenant_id, amendment_id=watch.amendment_id, state=RollbackState.DONE
    )
    answers = ApprovalDecision.objects.filter(tenant_id=scope.tenant_id, request_id__in=undone.values("request_id"))
    if answers.exclude(user_id=None).exists():
        return _close(watch, State.ROLLED_BACK, by="", because="A person rolled it back.", at=at)
    watch.acted_at = watch.amendment.rolled_back_at
    return _close(watch, State.ROLLED_BACK, by=scope.actor.name, because=_reason(watch), at=at)


def _seen(watch: Watch, *, scope: Scope, at: datetime) -> list[Crossing]:
    """Take in what is new; what crossed. Changes the row, which the caller saves."""
    rules = {rule.trigger: rule for rule in rules_of(watch.rules)}
    judge = Judge.of(Baseline.of(watch.baseline), watch.judge)
    watched = watched_of(watch, scope=scope)
    found: list[Crossing] = []
    points = list(watch.series)
    last = min(at, watch.ends_at)
    until = min(at, watch.ends_at + reading.SETTLES)
    for reached, seen in reading.since(watched, begins=watch.begins_at, seen=watch.seen_to, at=until):
        watch.seen_to = reached
        for part in _parts(seen):
            found += judge.see(part, rules=rules)
            points.append(_point(judge, part[-1].at))
    first = datetime.fromisoformat(judge.since) if judge.since else watch.begins_at
    ratings = reading.ratings_between(watched, first=first, at=last)
    found += judge.rated(ratings, rules=rules)
    known = watch.series[-1]["ratings"] if watch.series else 0
    if len(points) > len(watch.series) or len(ratings) != known:
        watch.series = thinned([*points[:-1], {**_point(judge, at), "ratings": len(ratings)}])
    watch.judge, watch.looked_at = judge.as_json(), at
    return found


def _parts(seen: list[Seen]) -> list[list[Seen]]:
    """At most `PARTS` runs of what one look brought, so that its course shows too."""
    size = max(1, -(-len(seen) // PARTS))
    return [seen[first : first + size] for first in range(0, len(seen), size)]


def _gravest(watch: Watch, found: list[Crossing]) -> Crossing | None:
    """The first of the crossings that ask for more than was done already."""
    rules = {rule.trigger: rule for rule in rules_of(watch.rules)}
    done = _GRAVITY[Reaction(watch.crossing["reaction"])] if watch.crossing else -1
    graver = [one for one in found if _GRAVITY[rules[one.trigger].reaction] > done]
    return max(graver, key=lambda one: _GRAVITY[rules[one.trigger].reaction], default=None)


def _point(judge: Judge, at: datetime) -> dict[str, Any]:
    """What the charts draw of one look: the mean so far of each trigger."""
    rules = {rule.trigger: rule for rule in rules_of({})}
    means = {
        trigger.value: round(after, 6)
        for trigger, wealth in judge.wealths.items()
        if (after := judge.figures(rules[trigger], wealth)[1]) is not None
    }
    return {"at": at.isoformat(), **means}


def thinned(points: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """At most `MOST_POINTS`: every second of the older half goes until there are no more."""
    while len(points) > MOST_POINTS:
        half = len(points) // 2
        points = [*points[:half:2], *points[half:]]
    return points


def _crossed(watch: Watch, crossing: Crossing, *, scope: Scope, at: datetime) -> State:
    rule = next(one for one in rules_of(watch.rules) if one.trigger is crossing.trigger)
    watch.crossing = {**crossing.as_json(), "seen_at": at.isoformat(), "reaction": rule.reaction.value}
    state = {
        Reaction.WARN: State(watch.state),
        Reaction.PAUSE: State.PAUSED,
        Reaction.ROLL_BACK: State.FIRED,
    }[rule.reaction]
    watch.state, watch.because = state, judging.sentence(crossing)
    watch.save(update_fields=["state", "because", "crossing", "judge", "series", "seen_to", "looked_at"])
    then = _THEN.get(state, "TARS only warns; it is watched on.")
    if state is not State.FIRED:
        _tell(watch, f"{_sentence(watch)} {then}", scope=scope, at=at)
    emit(scope=scope, event="guardrail.crossed", subject=watch.amendment.label, data=dict(watch.crossing), at=at)
    _record(watch, "guardrails.cross", f"{judging.sentence(crossing)} {then}", scope=scope, at=at)
    return state


def _ended(watch: Watch, *, scope: Scope, at: datetime) -> State:
    said = f"The watch is over. {watch.because}" if watch.crossing else "Nothing was crossed while it was watched."
    _record(watch, "guardrails.end", said, scope=scope, at=at)
    return _close(watch, State.ENDED, by=scope.actor.name, because=said, at=at)


def _close(watch: Watch, state: State, *, by: str, because: str, at: datetime) -> State:
    watch.state, watch.closed_at, watch.closed_by, watch.because = state, at, by, because
    watch.save()
    return state


def _tell(watch: Watch, said: str, *, scope: Scope, at: datetime) -> None:
    """One message: what, why, the numbers, and where the two buttons are."""
    tell(
        scope=scope,
        user_ids=able(scope=scope, to=Capability.ROLL_BACK),
        kind=KIND,
        key=f"guardrail:{watch.id}:{watch.state}:{watch.crossing and watch.crossing['seen_at']}",
        subject=watch.amendment.label,
        sentence=f"{said} Keep it or roll it back.",
        url=f"{reverse('amendments:detail', args=[watch.amendment.number])}#watch",
        is_urgent=watch.state != State.WATCHING,
        at=at,
    )


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
            **({"crossing": {name: str(value) for name, value in watch.crossing.items()}} if watch.crossing else {}),
        },
        explanation=f"{amendment.label} on {amendment.system_name}: {said}",
        rules_applied=["guardrails"],
    )


def _reason(watch: Watch) -> str:
    return f"A guardrail was crossed. {watch.because}"


def _sentence(watch: Watch) -> str:
    return f"{watch.amendment.label} on {watch.amendment.system_name}: {watch.because}"


def _locked(*, scope: Scope, watch_id: UUID) -> Watch:
    rows = Watch.objects.select_for_update(of=("self",)).select_related("amendment")
    return rows.get(tenant_id=scope.tenant_id, id=watch_id)


def _read(*, scope: Scope, watch_id: UUID) -> Watch:
    with in_tenant(scope.tenant_id):
        return Watch.objects.select_related("amendment").get(tenant_id=scope.tenant_id, id=watch_id)
