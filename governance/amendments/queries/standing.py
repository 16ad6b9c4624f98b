"""Who must answer a proposal, who has, who still could, and whether this reader may."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from governance.amendments import authority
from governance.amendments.facts import current_revision, requirements_of, tenant_quorums
from governance.amendments.kinds import AmendmentType, Basis, State
from governance.amendments.models import AmendmentProposal, ProposalRevision, Rollback
from governance.amendments.queries.people import Person, people_for
from governance.approvals.actions import is_overdue, seat_for
from governance.approvals.models import ApprovalDecision, ApprovalRequest, RequestState, Verdict, Via
from governance.approvals.quorum import Requirement, missing, sentence
from governance.approvals.statement import is_genuine
from governance.constitution.diff import Effect
from governance.errors import NotAllowed
from governance.scope import Capability, Role, Scope

_NUMBERS = ("nobody", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine")


@dataclass(frozen=True, slots=True)
class Place:
    """One requirement: how many it needs, how many it has, and the people who could still fill it."""

    label: str
    needed: int
    filled: int
    could: tuple[Person, ...] = ()

    @property
    def dots(self) -> tuple[bool, ...]:
        return tuple(index < self.filled for index in range(self.needed))

    @property
    def is_full(self) -> bool:
        return self.filled >= self.needed


@dataclass(frozen=True, slots=True)
class Authority:
    """The authority line with what stands behind it. `given` are the answers to the current question, in order."""

    needs: str
    line: str
    places: tuple[Place, ...]
    given: tuple[ApprovalDecision, ...]
    is_open: bool = False
    request_id: UUID | None = None


@dataclass(frozen=True, slots=True)
class Box:
    """The decision box. Each text is the reason why its button rests, or "" when it may be pressed.

    `override` is that of breaking the glass, which has a form of its own; `is_late`: the deadline has passed.
    """

    approve: str
    refuse: str
    override: str
    seat: str
    is_late: bool = False

    @property
    def is_open(self) -> bool:
        return not self.approve or not self.refuse


def may_decide(
    *,
    scope: Scope,
    proposal: AmendmentProposal,
    at: datetime,
    verdict: Verdict = Verdict.APPROVE,
    override: bool = False,
) -> str:
    """Why this actor cannot answer the proposal now, as a sentence; "" when they can. The verb checks again.

    `proposal` comes with `system` and `request`.
    """
    if reason := _closed(proposal, at):
        return reason
    request = proposal.request
    if scope.actor.user_id is not None and scope.actor.user_id == proposal.proposer_id:
        return "You proposed this; a second person must decide it."
    if request is None or request.state == RequestState.VOID:
        because = f": {request.closed_because}" if request and request.closed_because else ""
        return f"Its question is void{because}. Rebase it, then it can be decided."
    if request.state != RequestState.OPEN:
        return "This has been decided already."
    if answered := _own_answer(scope=scope, request=request):
        return f"You have answered this: {answered.get_verdict_display().lower()}."
    if verdict is Verdict.APPROVE and (reason := moved(scope=scope, proposal=proposal)):
        return reason
    try:
        seat_for(scope=scope, request=request, verdict=verdict, override=override, at=at)
    except NotAllowed as refusal:
        return refusal.sentence
    return ""


def moved(*, scope: Scope, proposal: AmendmentProposal, revision: ProposalRevision | None = None) -> str:
    """Why approvals of this proposal would be void, or ""."""
    revision = revision or current_revision(proposal)
    if revision.base_version != proposal.system.constitution_version:
        return (
            f"{proposal.system.name} moved from version {revision.base_version} to "
            f"{proposal.system.constitution_version} since. Rebase it, then it can be approved."
        )
    if revision.policy_version != authority.policy_version(tenant_quorums(scope=scope)):
        return "The rules for who approves changed since. Rebase it, then it can be approved."
    return ""


def box(*, scope: Scope, proposal: AmendmentProposal, at: datetime) -> Box:
    """Which answers this reader may give."""
    approve = may_decide(scope=scope, proposal=proposal, at=at)
    refuse = may_decide(scope=scope, proposal=proposal, at=at, verdict=Verdict.REJECT)
    override = may_decide(scope=scope, proposal=proposal, at=at, override=True) if approve else "Not needed."
    seat = _seat_words(scope=scope, proposal=proposal, at=at, verdict=Verdict.REJECT if approve else Verdict.APPROVE)
    is_late = proposal.request is not None and is_overdue(proposal.request, at=at)
    return Box(approve=approve, refuse=refuse, override=override, seat=seat, is_late=is_late)


def authority_of(*, scope: Scope, proposal: AmendmentProposal, at: datetime) -> Authority:
    """Who must answer; for a draft, who would have to."""
    request = proposal.request
    if request is not None:
        requirements: Sequence[Requirement] = [Requirement.of(data) for data in request.requirements]
    else:
        requirements = requirements_of(
            scope=scope,
            type=AmendmentType(proposal.amendment_type),
            basis=Basis(proposal.basis),
            effect=Effect(proposal.effect),
        )
    return asked(scope=scope, request=request, requirements=requirements, excluded_user_id=proposal.proposer_id, at=at)


def asked(
    *,
    scope: Scope,
    request: ApprovalRequest | None,
    requirements: Sequence[Requirement],
    excluded_user_id: UUID | None,
    at: datetime,
) -> Authority:
    """The authority line of any question; answers whose signature fails are left out, as the verb leaves them out."""
    given = answers_to(request)
    yes = [row for row in given if row.verdict == Verdict.APPROVE and row.user_id not in (excluded_user_id, None)]
    if request is not None and any(decision.via == Via.AUTHORITY for decision in given):
        return Authority(sentence(requirements), "TARS approved alone under a standing authority.", (), given)
    still = missing(requirements, [frozenset(Role(role) for role in decision.roles) for decision in yes])
    is_open = request is None or request.state == RequestState.OPEN
    excluded = {decision.user_id for decision in given} | {excluded_user_id}
    could = people_for(scope=scope, requirements=still if is_open else (), excluded=excluded, at=at)
    places = tuple(_place(requirement, still, could) for requirement in requirements)
    line = _line(requirements, len(yes), is_asked=request is not None)
    asks = request.id if request is not None and is_open else None
    return Authority(sentence(requirements), line, places, given, is_open=is_open, request_id=asks)


def answers_to(request: ApprovalRequest | None) -> tuple[ApprovalDecision, ...]:
    """The genuine answers to a question, in order, each with `reviews` loaded."""
    if request is None:
        return ()
    rows = ApprovalDecision.objects.filter(tenant_id=request.tenant_id, request=request).order_by("at", "id")
    return tuple(row for row in rows.prefetch_related("reviews") if is_genuine(row))


def may_confirm_roll_back(*, scope: Scope, rollback: Rollback, at: datetime) -> str:
    """Why this actor cannot be the second person of a waiting rollback, or ""."""
    try:
        scope.demand(Capability.ROLL_BACK, to="roll back an amendment")
    except NotAllowed as refusal:
        return refusal.sentence
    if rollback.base_version != rollback.system.constitution_version:
        return f"{rollback.system.name} moved since this was asked for. Ask for it again from today's constitution."
    if _own_answer(scope=scope, request=rollback.request):
        return "You asked for this; a second person must confirm it."
    try:
        seat_for(scope=scope, request=rollback.request, verdict=Verdict.APPROVE, override=False, at=at)
    except NotAllowed as refusal:
        return refusal.sentence
    return ""


def _closed(proposal: AmendmentProposal, at: datetime) -> str:
    state = State(proposal.state)
    if state is not State.PROPOSED:
        return f"{proposal.label} is {state.value.replace('_', ' ')}; there is nothing to decide."
    if at >= proposal.expires_at:
        return f"{proposal.label} expired on {proposal.expires_at:%d %B %Y}. Propose it again if it is still wanted."
    return ""


def _own_answer(*, scope: Scope, request: ApprovalRequest) -> ApprovalDecision | None:
    return ApprovalDecision.objects.filter(request=request, user_id=scope.actor.user_id).first()


def _seat_words(*, scope: Scope, proposal: AmendmentProposal, at: datetime, verdict: Verdict) -> str:
    """The role in which this reader would answer, as words; "" when in none."""
    if proposal.request is None:
        return ""
    try:
        seat = seat_for(scope=scope, request=proposal.request, verdict=verdict, override=False, at=at)
    except NotAllowed:
        return ""
    wanted = frozenset().union(*(Requirement.of(data).roles for data in proposal.request.requirements))
    names = " and ".join(role.label for role in Role if role in seat.roles & wanted)
    return f"a deputy for {names}" if seat.via is Via.DEPUTY else names


def _place(
    requirement: Requirement, still: Sequence[Requirement], could: Mapping[frozenset[Role], tuple[Person, ...]]
) -> Place:
    open_places = sum(one.count for one in still if one.roles == requirement.roles)
    people = could.get(requirement.roles, ()) if open_places else ()
    return Place(requirement.label, requirement.count, requirement.count - open_places, people)


def _line(requirements: Sequence[Requirement], given: int, *, is_asked: bool) -> str:
    if not is_asked:
        return f"Will need {sentence(requirements)}."
    word = _NUMBERS[given] if given < len(_NUMBERS) else str(given)
    return f"Needs {sentence(requirements)}; {word} {'has' if given < 2 else 'have'} approved."
