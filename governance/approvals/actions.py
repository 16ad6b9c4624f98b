from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from governance.approvals import subjects
from governance.approvals.models import ApprovalDecision, ApprovalRequest, OverrideReview, RequestState, Verdict, Via
from governance.approvals.people import staff
from governance.approvals.quorum import Requirement, helps, is_met, missing, sentence
from governance.approvals.statement import is_genuine, signed_message, statement
from governance.errors import DomainError, Invalid, NotAllowed, NotFound
from governance.identity.confirm import Confirmation, demand_fresh
from governance.identity.queries import deputised_roles
from governance.ids import new_id
from governance.ledger import actions as ledger
from governance.ledger.verbs import governed
from governance.notices.actions import tell
from governance.scope import Capability, Role, Scope
from governance.webhooks.actions import emit

GLASS_WORDS = 20
"""How many characters a reason for breaking the glass has at least."""


class AlreadyDecided(DomainError):
    """The question is closed, or this person has answered it."""

    code = "already_decided"


class Moved(DomainError):
    """What was shown is not what is asked now."""

    code = "stale_digest"
    is_recorded = True


class OwnProposal(NotAllowed):
    """The proposer tried to answer."""

    code = "own_proposal"


class NotApproved(DomainError):
    """The question counts as met, and the signed answers do not say so."""

    code = "not_approved"
    is_recorded = True


class NoteMissing(Invalid):
    """A refusal, a request for changes and a review need words."""

    code = "note_missing"


class ReasonTooShort(Invalid):
    """Whoever breaks the glass says why in a sentence."""

    code = "reason_too_short"


class OverrideNotNeeded(NotAllowed):
    """The actor, or somebody who holds the missing role, can answer in the ordinary way."""

    code = "override_not_needed"


@dataclass(frozen=True, slots=True)
class Seat:
    """In which roles, and how, an actor may answer a question."""

    roles: frozenset[Role]
    via: Via


def ask(
    *,
    scope: Scope,
    subject_kind: str,
    subject_id: UUID,
    digest: str,
    requirements: Sequence[Requirement],
    excluded_user_id: UUID | None,
    at: datetime,
    due_at: datetime | None = None,
) -> ApprovalRequest:
    """Open a question about one digest. `excluded_user_id` (the proposer) may never answer it; `due_at` is its deadline."""
    return ApprovalRequest.objects.create(
        id=new_id(at),
        tenant_id=scope.tenant_id,
        subject_kind=subject_kind,
        subject_id=subject_id,
        digest=digest,
        requirements=[requirement.as_json() for requirement in requirements],
        excluded_user_id=excluded_user_id,
        asked_at=at,
        due_at=due_at,
    )


def answer(
    *,
    scope: Scope,
    request_id: UUID,
    digest: str,
    verdict: Verdict,
    note: str,
    confirmation: Confirmation,
    at: datetime,
    override: bool = False,
) -> RequestState:
    """Record one person's signed answer and return the question's new state.

    `override` breaks the glass: the answer fills a place of a role that the actor does not hold, where nobody can fill it or the
    deadline has passed; it is reviewed later.
    Raises `NotFound`, `AlreadyDecided`, `Moved` (another digest), `OwnProposal`, `NotAllowed` (no needed role),
    `NoteMissing`, `NotConfirmed`; with `override` also `OverrideNotNeeded`, `ReasonTooShort`.
    """
    request = _locked(scope=scope, request_id=request_id)
    if digest != request.digest:
        raise Moved("This changed since you opened it, so nothing was decided. Look at what moved, then decide again.")
    if request.excluded_user_id is not None and request.excluded_user_id == scope.actor.user_id:
        raise OwnProposal("You proposed this; a second person must decide it.")
    if not note.strip() and verdict is not Verdict.APPROVE:
        raise NoteMissing("Say why: a note is needed to reject and to ask for changes.")
    seat = seat_for(scope=scope, request=request, verdict=verdict, override=override, at=at)
    if override:
        _demand_glass(seat=seat, note=note)
    demand_fresh(confirmation, user_id=scope.actor.user_id, at=at)
    record(
        scope=scope,
        request=request,
        verdict=verdict,
        seat=seat,
        note=note.strip(),
        confirmed_by=confirmation.method,
        at=at,
    )
    return _settle(request=request, verdict=verdict, because=note.strip(), at=at)


def answer_under_authority(*, scope: Scope, request_id: UUID, authority: str, at: datetime) -> RequestState:
    """TARS answers yes alone under a standing authority that the caller (`amendments`) has checked."""
    request = _locked(scope=scope, request_id=request_id)
    seat = Seat(roles=frozenset(), via=Via.AUTHORITY)
    record(
        scope=scope,
        request=request,
        verdict=Verdict.APPROVE,
        seat=seat,
        note=authority,
        confirmed_by="standing authority",
        at=at,
    )
    return _close(request=request, state=RequestState.MET, because=authority, at=at)


def own_answer(*, scope: Scope, request_id: UUID) -> dict[str, Any]:
    """`answer_details` of the answer that the scope's person gave to a question a moment ago."""
    return answer_details(ApprovalDecision.objects.get(request_id=request_id, user_id=scope.actor.user_id))


def answer_details(decision: ApprovalDecision) -> dict[str, Any]:
    """A signed answer as the entry that tells of it keeps it: enough for a stranger to check the signature offline.

    INVARIANT: an answer that no entry of the ledger holds is a forged one to whoever verifies the record.
    """
    return {
        "digest": decision.digest,
        "decision_id": str(decision.id),
        "via": decision.via,
        "roles": decision.roles,
        "confirmed_by": decision.confirmed_by,
        "statement": bytes(decision.statement).decode(),
        "signature": bytes(decision.signature).hex(),
    }


def met(*, scope: Scope, request_id: UUID) -> ApprovalRequest:
    """The question, if genuine answers meet it now as they did when it closed; for what takes effect later.

    Raises `NotApproved`.
    """
    request = ApprovalRequest.objects.filter(tenant_id=scope.tenant_id, id=request_id, state=RequestState.MET).first()
    if request is not None:
        requirements = [Requirement.of(data) for data in request.requirements]
        by_tars = ApprovalDecision.objects.filter(request=request, via=Via.AUTHORITY, user_id=None)
        if is_met(requirements, _usable(request)) or any(is_genuine(row) for row in by_tars):
            return request
    raise NotApproved("The approvals of this do not hold: a signature or an answer is missing. Tell the security team.")


def void(*, request_id: UUID, because: str, at: datetime) -> None:
    """Close a question whose subject moved or went away; answers given so far stay on record and count for nothing."""
    ApprovalRequest.objects.filter(id=request_id, state__in=[RequestState.OPEN, RequestState.MET]).update(
        state=RequestState.VOID, closed_at=at, closed_because=because
    )


@governed("approvals.review_override", subject="decision_id")
def review_override(*, scope: Scope, decision_id: UUID, upheld: bool, note: str, at: datetime) -> OverrideReview:
    """Another person looks at an override afterwards. Raises `NotAllowed`, `NotFound`, `AlreadyDecided`, `NoteMissing`."""
    scope.demand(Capability.DECIDE, to="review an override")
    decision = ApprovalDecision.objects.filter(tenant_id=scope.tenant_id, id=decision_id, via=Via.OVERRIDE).first()
    if decision is None:
        raise NotFound("There is no such override.")
    # Decisions are written once and cannot be locked; their question can.
    ApprovalRequest.objects.select_for_update().get(tenant_id=scope.tenant_id, id=decision.request_id)
    if scope.actor.user_id is None or decision.user_id == scope.actor.user_id:
        raise OwnProposal("You made this override; a second person must review it.")
    if OverrideReview.objects.filter(decision=decision).exists():
        raise AlreadyDecided("This override has been reviewed.")
    if not note.strip():
        raise NoteMissing("Say what you found: the review stands on the ledger.")
    review = OverrideReview.objects.create(
        id=new_id(at),
        tenant_id=scope.tenant_id,
        decision=decision,
        reviewed_by=scope.actor.name,
        user_id=scope.actor.user_id,
        upheld=upheld,
        note=note.strip(),
        at=at,
    )
    word = "upheld" if upheld else "not upheld"
    _tell_review(scope=scope, decision=decision, word=word, note=note.strip(), at=at)
    ledger.append(
        scope=scope,
        at=at,
        event_type="authority",
        action={
            "name": "approvals.review_override",
            "subject": decision.actor_name,
            "decision_id": str(decision_id),
            "upheld": upheld,
        },
        explanation=f"The override by {decision.actor_name} was {word}: {note.strip()}",
    )
    return review


def _tell_review(*, scope: Scope, decision: ApprovalDecision, word: str, note: str, at: datetime) -> None:
    """Whoever made an override reads what came of it."""
    request = decision.request
    handler = subjects.handler_of(request.subject_kind)
    row = handler.rows(scope=scope, ids=[request.subject_id], at=at).get(request.subject_id) if handler else None
    if row is None or decision.user_id is None:
        return
    by = staff(scope=scope, at=at).called(scope.actor)
    tell(
        scope=scope,
        user_ids=[decision.user_id],
        kind="override",
        key=f"{decision.id}:reviewed",
        subject=row.label,
        sentence=f"{by} reviewed your break-glass on {row.label}; it is {word}: {note}",
        url=row.url,
        at=at,
    )


def seat_for(*, scope: Scope, request: ApprovalRequest, verdict: Verdict, override: bool, at: datetime) -> Seat:
    """How this actor may answer; raises `NotAllowed` with what is missing. Checks roles only, so pages use it too."""
    requirements = [Requirement.of(data) for data in request.requirements]
    given = _usable(request)
    still = missing(requirements, given)
    own = scope.roles
    lent = frozenset(
        role
        for role, principals in deputised_roles(scope=scope, at=at).items()
        if any(principal != scope.actor.user_id for principal in principals)
    )
    if not lent or scope.grants is not None:
        scope.demand(Capability.DECIDE, to="decide")
    if verdict is not Verdict.APPROVE:
        wanted = frozenset().union(*(requirement.roles for requirement in requirements))
        if own & wanted:
            return Seat(own & wanted, Via.ROLE)
        if lent & wanted:
            return Seat(lent & wanted, Via.DEPUTY)
    elif helps(requirements, given, own):
        return Seat(own, Via.ROLE)
    elif helps(requirements, given, own | lent):
        return Seat(own | lent, Via.DEPUTY)
    elif override:
        return _override_seat(scope=scope, request=request, still=still, at=at)
    raise NotAllowed(f"This still needs {sentence(still)}; your role does not count for it.")


def _override_seat(*, scope: Scope, request: ApprovalRequest, still: Sequence[Requirement], at: datetime) -> Seat:
    """INVARIANT: an override fills one place that nobody else in the tenant can fill, or that nobody filled before the
    deadline, and is reviewed later."""
    scope.demand(Capability.DECIDE, to="break the glass")
    if is_overdue(request, at=at):
        return Seat(still[0].roles, Via.OVERRIDE)
    settled = {
        request.excluded_user_id,
        *ApprovalDecision.objects.filter(request=request).values_list("user_id", flat=True),
    }
    people = staff(scope=scope, at=at)
    for requirement in still:
        if len(people.able([requirement], without=settled)) < requirement.count:
            return Seat(requirement.roles, Via.OVERRIDE)
    raise OverrideNotNeeded(
        f"This needs {sentence(still)}, and there are people who can say it. Ask them; the glass can be broken once its "
        "deadline has passed."
    )


def is_overdue(request: ApprovalRequest, *, at: datetime) -> bool:
    """Whether a question's deadline has passed, from when on somebody may break the glass."""
    return request.due_at is not None and request.due_at <= at


def _demand_glass(*, seat: Seat, note: str) -> None:
    if seat.via is not Via.OVERRIDE:
        raise OverrideNotNeeded("You can approve this in your own role, so there is no glass to break. Approve it.")
    if len(note.strip()) < GLASS_WORDS:
        raise ReasonTooShort(
            f"Say why this cannot wait, in at least {GLASS_WORDS} characters: the reason goes to security, compliance and the "
            "tenant admins, and stands on the ledger.",
            problems=(("/note", "is too short"),),
        )


def record(
    *, scope: Scope, request: ApprovalRequest, verdict: Verdict, seat: Seat, note: str, confirmed_by: str, at: datetime
) -> ApprovalDecision:
    """Sign and write one answer."""
    if ApprovalDecision.objects.filter(request=request, user_id=scope.actor.user_id).exists():
        raise AlreadyDecided("You have already answered this.")
    signer = ledger.signer_for(scope=scope, at=at)
    decision = ApprovalDecision(
        id=new_id(at),
        tenant_id=scope.tenant_id,
        request=request,
        user_id=scope.actor.user_id,
        actor_name=scope.actor.name,
        verdict=verdict,
        roles=sorted(role.value for role in seat.roles),
        via=seat.via,
        note=note,
        digest=request.digest,
        confirmed_by=confirmed_by,
        at=at,
        signer=signer.did,
    )
    decision.statement = statement(decision)
    decision.signature = signer.sign(signed_message(decision.statement))
    decision.save(force_insert=True)
    if seat.via == Via.OVERRIDE:
        data = {"kind": request.subject_kind, "id": str(request.subject_id), "by": scope.actor.name, "note": note}
        emit(scope=scope, event="override.used", subject=request.subject_kind, data=data, at=at)
    return decision


def _settle(*, request: ApprovalRequest, verdict: Verdict, because: str, at: datetime) -> RequestState:
    if verdict is not Verdict.APPROVE:
        return _close(request=request, state=RequestState.REFUSED, because=because, at=at)
    requirements = [Requirement.of(data) for data in request.requirements]
    if is_met(requirements, _usable(request)):
        return _close(request=request, state=RequestState.MET, because="", at=at)
    return RequestState.OPEN


def _usable(request: ApprovalRequest) -> list[frozenset[Role]]:
    """The roles of each approver. A row whose signature fails was not written by a verb and counts for nothing."""
    rows = ApprovalDecision.objects.filter(request=request, verdict=Verdict.APPROVE).order_by("at", "id")
    if request.excluded_user_id is not None:
        rows = rows.exclude(user_id=request.excluded_user_id)
    return [frozenset(Role(role) for role in row.roles) for row in rows if is_genuine(row)]


def _close(*, request: ApprovalRequest, state: RequestState, because: str, at: datetime) -> RequestState:
    request.state, request.closed_at, request.closed_because = state, at, because
    request.save(update_fields=["state", "closed_at", "closed_because"])
    return state


def _locked(*, scope: Scope, request_id: UUID) -> ApprovalRequest:
    request = ApprovalRequest.objects.select_for_update().filter(tenant_id=scope.tenant_id, id=request_id).first()
    if request is None:
        raise NotFound("There is no such question.")
    if request.state != RequestState.OPEN:
        raise AlreadyDecided("This has been decided already. Reload to see how.")
    return request
