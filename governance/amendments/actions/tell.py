"""Who is told what when an amendment moves: sentences for people, a number of queries that does not grow with them.

INVARIANT: called before the move's ledger entry, in its transaction: no news of what did not happen.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from django.db.models import F
from django.urls import reverse

from governance.amendments.kinds import State
from governance.amendments.models import AmendmentProposal, ProposalRevision, Rollback, StandingAuthority
from governance.approvals.models import ApprovalDecision, RequestState, Verdict, Via
from governance.approvals.people import WATCHERS, Staff, staff
from governance.approvals.quorum import Requirement, missing, sentence
from governance.notices import actions as notices
from governance.notices import kinds
from governance.notices.actions import News
from governance.registry.models import System
from governance.scope import ROLE_LABELS, Role, Scope

LONGEST: Final = 400


def register_kinds() -> None:
    """Name the news of amendments for the notices page."""
    kinds.register("assigned", "Waits for your answer")
    kinds.register("decided", "Answers to what you proposed")
    kinds.register("applied", "Took effect, or will")
    kinds.register("stale", "Needs a rebase")
    kinds.register("expiring", "Expires soon, or has expired")
    kinds.register("rolled_back", "Rolled back")
    kinds.register("override", "Break-glass", can_mute=False)
    kinds.register("authority", "Standing authority")
    kinds.register("dream", "Promoted dreams")
    kinds.register("comment", "Comments on what you take part in")


@dataclass(frozen=True, slots=True)
class _Move:
    """One move with what its news is made of; each list of people is asked for only when it is told something."""

    scope: Scope
    proposal: AmendmentProposal
    before: State
    to: State
    why: str
    details: Mapping[str, Any]
    at: datetime

    def news(self, kind: str, key: str, user_ids: Collection[UUID | None], said: str, *, urgent: bool = False) -> News:
        return _news(kind, f"{self.proposal.label}:{key}", user_ids, self.proposal, said, urgent=urgent)

    def staff(self) -> Staff:
        return staff(scope=self.scope, at=self.at)

    def who(self, people: Staff | None = None) -> str:
        return "TARS" if self.scope.actor.is_tars else (people or self.staff()).called(self.scope.actor)

    def parties(self) -> frozenset[UUID | None]:
        """The proposer and everybody who answered the current question."""
        return frozenset({self.proposal.proposer_id, *_answered([self.proposal.request_id])[self.proposal.request_id]})


def moved(
    *,
    scope: Scope,
    proposal: AmendmentProposal,
    before: State,
    to: State,
    why: str,
    details: Mapping[str, Any],
    at: datetime,
) -> None:
    """Tell everybody whom a move concerns. `details` are the ledger entry's: they say what kind of move it was."""
    move = _Move(scope, proposal, before, to, why, details, at)
    notices.tell_all(scope=scope, news=[*_broken(move), *_TOLD.get(to, _nothing)(move)], at=at)


def went_stale(*, scope: Scope, system: System, requests: Collection[UUID], because: str, at: datetime) -> None:
    """Tell those who proposed and those who answered what a new version of `system` made void: three queries for all."""
    if not requests:
        return
    answered = _answered(requests)
    proposals = AmendmentProposal.objects.filter(tenant_id=scope.tenant_id, request_id__in=requests)
    news = [
        _news(
            "stale",
            f"{one.label}:stale:{one.request_id}",
            {one.proposer_id, *answered[one.request_id]},
            one,
            f"{one.label} on {system.name} cannot be decided as it is: {because}. Rebase it, and it asks again.",
        )
        for one in proposals.only("number", "proposer_id", "request_id")
    ]
    rollbacks = Rollback.objects.filter(tenant_id=scope.tenant_id, request_id__in=requests).values_list(
        "request_id", "amendment__number"
    )
    for request_id, number in rollbacks:
        said = f"The rollback of AMD-{number} on {system.name} is void: {because}. Ask for it again from today's constitution."
        url = reverse("amendments:detail", args=[number])
        news.append(
            News(answered[request_id], "stale", f"AMD-{number}:undo-stale:{request_id}", f"AMD-{number}", said, url)
        )
    notices.tell_all(scope=scope, news=news, at=at)


def rules_moved(*, scope: Scope, policy: str, at: datetime) -> None:
    """Tell those who proposed and those who answered what other rules for approving made void: three queries for all."""
    rows = (
        ProposalRevision.objects.filter(
            tenant_id=scope.tenant_id,
            number=F("proposal__revision"),
            proposal__state__in=[State.PROPOSED, State.SCHEDULED],
            proposal__request__state__in=[RequestState.OPEN, RequestState.MET],
        )
        .exclude(policy_version=policy)
        .select_related("proposal__system")
        .defer("new_constitution", "proposal__system__constitution")
    )
    void = [row.proposal for row in rows]
    answered = _answered([one.request_id for one in void])
    notices.tell_all(scope=scope, news=[_under_other_rules(one, answered[one.request_id]) for one in void], at=at)


def _under_other_rules(proposal: AmendmentProposal, answered: Collection[UUID]) -> News:
    what, told = f"{proposal.label} on {proposal.system.name}", {proposal.proposer_id, *answered}
    if proposal.state == State.SCHEDULED:
        said = f"{what} will not take effect as scheduled: the rules for who approves changed. It needs new approvals then."
    else:
        said = f"{what} cannot be approved as it is: the rules for who approves changed. Rebase it, and it asks again."
    return _news("stale", f"{proposal.label}:rules:{proposal.request_id}", told, proposal, said)


def roll_back_asked(*, scope: Scope, proposal: AmendmentProposal, rollback: Rollback, at: datetime) -> None:
    """Tell those who could be the second person of a rollback."""
    people, request = staff(scope=scope, at=at), rollback.request
    settled = _answered([request.id])[request.id]
    by, who = ("TARS", "Two people") if scope.actor.is_tars else (people.called(scope.actor), "A second person")
    said = (
        f"{by} asks to roll back {proposal.label} on {proposal.system.name}: {rollback.reason} "
        f"{who} must confirm it, because undoing it expands something."
    )
    needed = [Requirement.of(data) for data in request.requirements]
    told = people.able(needed, without=settled)
    news = _news("assigned", f"{proposal.label}:undo:{request.id}", told, proposal, said, urgent=scope.actor.is_tars)
    notices.tell_all(scope=scope, news=[news], at=at)


def _asked_or_answered(move: _Move) -> Iterator[News]:
    """PROPOSED: a question was asked, or answered in part, or what was scheduled lost its base."""
    label, system = move.proposal.label, move.proposal.system.name
    if "revision" in move.details:
        yield _asked(move)
    elif "decision_id" in move.details:
        people = move.staff()
        said = f"{move.who(people)} approved {label} on {system}. It still needs {_still(move.proposal)}."
        yield move.news("decided", f"answered:{move.details['decision_id']}", {move.proposal.proposer_id}, said)
    else:
        said = f"{label} on {system} could not take effect: {move.why}. Rebase it, and it asks again."
        yield move.news("stale", f"stale:{move.proposal.request_id}", move.parties(), said)


def _asked(move: _Move) -> News:
    people, proposal = move.staff(), move.proposal
    assert proposal.request is not None
    needed = [Requirement.of(data) for data in proposal.request.requirements]
    told = people.able(needed, without=[proposal.request.excluded_user_id])
    verb = "proposes" if move.details["revision"] == 1 else "asks again for"
    said = f"{move.who(people)} {verb} {proposal.label} on {proposal.system.name}: {proposal.sentence} It waits for your answer."
    return move.news("assigned", f"asked:{proposal.request_id}", told, said)


def _approved(move: _Move) -> Iterator[News]:
    """What is approved is applied or scheduled in the same transaction, which tells; only TARS's own use is news here."""
    if "authority_id" not in move.details:
        return
    proposal = move.proposal
    grant = StandingAuthority.objects.only("granted_by_id").get(id=move.details["authority_id"])
    what = f"{proposal.label} on {proposal.system.name}: {proposal.sentence}"
    yield move.news(
        "authority", "authority", {grant.granted_by_id}, f"TARS used the standing authority you granted for {what}"
    )
    assert proposal.request is not None
    needed = [Requirement.of(data) for data in proposal.request.requirements]
    told = move.staff().able(needed, without={grant.granted_by_id})
    yield move.news("dream", "dream", told, f"TARS promoted a dream alone, under a standing authority: {what}")


def _scheduled(move: _Move) -> Iterator[News]:
    when = move.proposal.effective_at
    said = f"{move.proposal.label} on {move.proposal.system.name} is approved and takes effect on {when:%d %B %Y, %H:%M} UTC."
    yield move.news("applied", f"scheduled:{move.proposal.request_id}", move.parties(), said)


def _applied(move: _Move) -> Iterator[News]:
    proposal = move.proposal
    if move.before is State.SCHEDULED:
        said = f"{proposal.label} took effect on {proposal.system.name} as scheduled: {proposal.sentence}"
    else:
        said = (
            f"{move.who()} gave the last approval, and {proposal.label} took effect on {proposal.system.name}: "
            f"{proposal.sentence}"
        )
    yield move.news("applied", "applied", move.parties(), said)


def _rejected(move: _Move) -> Iterator[News]:
    said = f"{move.who()} rejected {move.proposal.label} on {move.proposal.system.name}: {move.why}"
    yield move.news("decided", "rejected", {move.proposal.proposer_id}, said)


def _handed_back(move: _Move) -> Iterator[News]:
    said = (
        f"{move.who()} asks for changes to {move.proposal.label} on {move.proposal.system.name}: {move.why} "
        "Revise it, and it asks again."
    )
    yield move.news("decided", f"changes:{move.proposal.request_id}", {move.proposal.proposer_id}, said)


def _expired(move: _Move) -> Iterator[News]:
    said = (
        f"{move.proposal.label} on {move.proposal.system.name} expired: nobody decided in time. Propose it again if it is "
        "still wanted."
    )
    yield move.news("expiring", "expired", move.parties(), said)


def _withdrawn(move: _Move) -> Iterator[News]:
    because = f": {move.why}" if move.why else "."
    said = f"{move.who()} withdrew {move.proposal.label} on {move.proposal.system.name}{because}"
    yield move.news("decided", "withdrawn", move.parties(), said)


def _rolled_back(move: _Move) -> Iterator[News]:
    said = f"{move.who()} rolled back {move.proposal.label} on {move.proposal.system.name}: {move.why}"
    yield move.news("rolled_back", "rolled_back", move.parties(), said)


def _broken(move: _Move) -> Iterator[News]:
    """Somebody decided in the place of a role they do not hold: those who watch hear of it at once."""
    if move.details.get("via") != Via.OVERRIDE:
        return
    people = move.staff()
    place = " or ".join(ROLE_LABELS[Role(role)] for role in move.details["roles"])
    said = (
        f"{move.who(people)} broke the glass: approved {move.proposal.label} on {move.proposal.system.name} in the place of "
        f"{place}, because: {move.why} A second person must review this."
    )
    yield move.news("override", f"glass:{move.details['decision_id']}", people.holding(WATCHERS), said, urgent=True)


def _nothing(move: _Move) -> Iterator[News]:
    yield from ()


_TOLD: Final = {
    State.PROPOSED: _asked_or_answered,
    State.APPROVED: _approved,
    State.SCHEDULED: _scheduled,
    State.APPLIED: _applied,
    State.REJECTED: _rejected,
    State.CHANGES_REQUESTED: _handed_back,
    State.EXPIRED: _expired,
    State.WITHDRAWN: _withdrawn,
    State.ROLLED_BACK: _rolled_back,
}


def _news(
    kind: str,
    key: str,
    user_ids: Collection[UUID | None],
    proposal: AmendmentProposal,
    said: str,
    *,
    urgent: bool = False,
) -> News:
    url = reverse("amendments:detail", args=[proposal.number])
    told = frozenset(user_id for user_id in user_ids if user_id is not None)
    return News(told, kind, key, proposal.label, _short(said), url, urgent)


def _short(said: str) -> str:
    return said if len(said) <= LONGEST else f"{said[: LONGEST - 1].rstrip()}…"


def _answered(requests: Collection[UUID | None]) -> Mapping[UUID | None, set[UUID]]:
    """The people who answered each question."""
    found: defaultdict[UUID | None, set[UUID]] = defaultdict(set)
    rows = ApprovalDecision.objects.filter(request_id__in=[one for one in requests if one], user_id__isnull=False)
    for request_id, user_id in rows.values_list("request_id", "user_id"):
        if user_id is not None:
            found[request_id].add(user_id)
    return found


def _still(proposal: AmendmentProposal) -> str:
    """What the question still lacks. Signatures are the verb's business; this is only what people read."""
    request = proposal.request
    assert request is not None
    rows = ApprovalDecision.objects.filter(request=request, verdict=Verdict.APPROVE).values_list("roles", flat=True)
    given = [frozenset(Role(role) for role in roles) for roles in rows]
    return sentence(missing([Requirement.of(data) for data in request.requirements], given))
