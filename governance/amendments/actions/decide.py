"""The answers: approve, reject, ask for changes; and TARS's own under a standing authority."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from governance import canonical
from governance.amendments import authority
from governance.amendments.actions.apply import apply_approved
from governance.amendments.actions.checks import breaks_cases, demand_cases
from governance.amendments.actions.common import (
    demand_state,
    locked,
    locked_system,
    move,
)
from governance.amendments.actions.discuss import Wish, write_wishes
from governance.amendments.actions.keep import keep_page, page_now
from governance.amendments.actions.sound import demand_sound
from governance.amendments.errors import BaseMoved, Expired
from governance.amendments.facts import current_revision, tenant_quorums
from governance.amendments.grants import Step, covers
from governance.amendments.kinds import State
from governance.amendments.models import (
    AmendmentProposal,
    ConstitutionalAmendment,
    ProposalMove,
    ProposalRevision,
    StandingAuthority,
)
from governance.amendments.queries.page import AmendmentPage
from governance.amendments.suspensions import suspended
from governance.approvals import actions as approvals
from governance.approvals.models import ApprovalDecision, ApprovalRequest, RequestState, Verdict, Via
from governance.constitution import sense
from governance.constitution.diff import changes
from governance.identity.confirm import Confirmation
from governance.ledger.verbs import governed
from governance.registry.models import System
from governance.registry.stones import demand_whole
from governance.rulebook import safety_store
from governance.scope import Scope

UNDER_AUTHORITY = "amendments.approve_under_authority"
WEEK = timedelta(days=7)


@governed("amendments.approve", subject="number")
def approve(
    *,
    scope: Scope,
    number: int,
    digest: str,
    confirmation: Confirmation,
    at: datetime,
    note: str = "",
    batch: str = "",
) -> AmendmentProposal:
    """Approve what `digest` names. The last approval needed also applies it, or schedules it for its effective date.

    `batch` marks the entries of one look that decided several alike (`tarsweb.inbox`).
    Raises `NotFound`, `WrongState`, `Expired`, `BaseMoved`, `CasesBroken` (without a note), and what `approvals.answer` does.
    """
    words = _Words(verb="amendments.approve", word="approved", note=note, batch=batch)
    return _approve(scope=scope, number=number, digest=digest, confirmation=confirmation, words=words, at=at)


@governed("amendments.break_glass", subject="number")
def break_glass(
    *, scope: Scope, number: int, digest: str, confirmation: Confirmation, note: str, at: datetime
) -> AmendmentProposal:
    """Approve in the place of a role one does not hold, because nobody can fill it or nobody did before the deadline.

    Security, compliance and the tenant admins hear of it at once, and a second person reviews it later. Raises what `approve`
    raises, and `OverrideNotNeeded`, `ReasonTooShort`.
    """
    words = _Words(verb="amendments.break_glass", word="broke the glass and approved", note=note, is_override=True)
    return _approve(scope=scope, number=number, digest=digest, confirmation=confirmation, words=words, at=at)


@governed("amendments.reject", subject="number")
def reject(
    *, scope: Scope, number: int, digest: str, confirmation: Confirmation, note: str, at: datetime
) -> AmendmentProposal:
    """Reject for good, with a note. One refusal by somebody with a needed role suffices."""
    return _refuse(
        scope=scope,
        number=number,
        digest=digest,
        confirmation=confirmation,
        note=note,
        at=at,
        verdict=Verdict.REJECT,
        to=State.REJECTED,
        word="rejected",
    )


@governed("amendments.request_changes", subject="number")
def request_changes(
    *,
    scope: Scope,
    number: int,
    digest: str,
    confirmation: Confirmation,
    note: str,
    at: datetime,
    wishes: Sequence[Wish] = (),
) -> AmendmentProposal:
    """Hand the proposal back to its proposer, with a note that says what should change, and perhaps with suggestions."""
    return _refuse(
        wishes=wishes,
        scope=scope,
        number=number,
        digest=digest,
        confirmation=confirmation,
        note=note,
        at=at,
        verdict=Verdict.REQUEST_CHANGES,
        to=State.CHANGES_REQUESTED,
        word="asked for changes to",
    )


def grant_for(
    *, scope: Scope, proposal: AmendmentProposal, revision: ProposalRevision, at: datetime
) -> StandingAuthority | None:
    """The standing authority that covers a dream promotion, or None. Locks the system, then the grant.

    A promotion that breaks a saved case is for people: TARS writes no note that says why that is right.
    """
    if suspended(scope=scope, system_id=proposal.system_id):
        return None
    if breaks_cases(scope=scope, proposal=proposal, revision=revision, at=at):
        return None
    system = locked_system(scope=scope, system_id=proposal.system_id)
    return covering_grant(scope=scope, system=system, revision=revision, at=at)


def approve_under_authority(
    *,
    scope: Scope,
    proposal: AmendmentProposal,
    revision: ProposalRevision,
    grant: StandingAuthority,
    at: datetime,
) -> None:
    """Let TARS approve and apply its own dream promotion, which a person's standing authority covers."""
    system = locked_system(scope=scope, system_id=proposal.system_id)
    because = f"standing authority granted by {grant.granted_by} on {grant.granted_at:%d %B %Y}"
    assert proposal.request_id is not None
    page = page_now(scope=scope, proposal=proposal, at=at)
    approvals.answer_under_authority(scope=scope, request_id=proposal.request_id, authority=because, at=at)
    move(
        scope=scope,
        proposal=proposal,
        to=State.APPROVED,
        verb=UNDER_AUTHORITY,
        at=at,
        why=because,
        explanation=f"TARS approved {proposal.label} alone under the {because}.",
        details={**_decision_details(scope=scope, proposal=proposal, page=page, at=at), "authority_id": str(grant.id)},
        rules_applied=("approval_authority", "standing_authority"),
    )
    apply_approved(scope=scope, proposal=proposal, revision=revision, system=system, at=at)


def covering_grant(
    *, scope: Scope, system: System, revision: ProposalRevision, at: datetime
) -> StandingAuthority | None:
    """The first live grant that covers every change of the revision, or None. Locks the grant, so that the weekly cap holds.

    Words that nobody listed, because a model wrote them, are covered by none: a person reads them first."""
    new = canonical.loads_canonical(bytes(revision.new_constitution))
    steps = [Step(change.pointer, change.old, change.new) for change in changes(system.constitution, new)]
    bounds = sense.tunable(system.constitution)
    if any(isinstance(one.new, str) and not sense.is_listed(one.new, bounds.get(one.pointer, {})) for one in steps):
        return None
    live = StandingAuthority.objects.select_for_update().filter(
        tenant_id=scope.tenant_id, revoked_at=None, granted_at__lte=at, expires_at__gt=at
    )
    for grant in live.order_by("id"):
        named = not grant.systems or str(system.id) in grant.systems
        if named and covers(grant.pointers, steps) and _under_cap(scope=scope, grant=grant, at=at):
            return grant
    return None


def _under_cap(*, scope: Scope, grant: StandingAuthority, at: datetime) -> bool:
    """At most n uses in seven days, and none while a promotion of those seven days was rolled back."""
    recent = ProposalMove.objects.filter(
        tenant_id=scope.tenant_id,
        after=State.APPROVED,
        at__gt=at - WEEK,
        at__lte=at,
        by=scope.actor.name,
    ).values_list("proposal_id", flat=True)
    uses = list(recent[: grant.max_per_week + 1])
    undone = ConstitutionalAmendment.objects.filter(
        tenant_id=scope.tenant_id, proposal_id__in=uses, rolled_back_at__gt=at - WEEK
    )
    return len(uses) < grant.max_per_week and not undone.exists()


@dataclass(frozen=True, slots=True)
class _Words:
    """How an approval is given, and how the ledger calls it."""

    verb: str
    word: str
    note: str
    batch: str = ""
    is_override: bool = False


def _approve(
    *, scope: Scope, number: int, digest: str, confirmation: Confirmation, words: _Words, at: datetime
) -> AmendmentProposal:
    proposal, revision, system = _question(scope=scope, number=number, to="approve", at=at)
    _demand_base(scope=scope, proposal=proposal, revision=revision, system=system)
    demand_cases(scope=scope, proposal=proposal, revision=revision, note=words.note, at=at)
    marks = {"batch": words.batch} if words.batch else {}
    if proposal.request_id is not None:
        request = ApprovalRequest.objects.get(tenant_id=scope.tenant_id, id=proposal.request_id)
        demand_sound(scope=scope, proposal=proposal, revision=revision, system=system, request=request)
        if words.is_override:
            because = "overdue" if approvals.is_overdue(request, at=at) else "nobody_can"
            marks = {**marks, "approvals.break_glass": because}
            safety_store.count_override(system=system, at=at)
    page = page_now(scope=scope, proposal=proposal, at=at)
    outcome = _answer(
        scope=scope,
        proposal=proposal,
        digest=digest,
        verdict=Verdict.APPROVE,
        note=words.note,
        confirmation=confirmation,
        override=words.is_override,
        at=at,
    )
    met = outcome is RequestState.MET
    _said(
        scope=scope,
        proposal=proposal,
        to=State.APPROVED if met else State.PROPOSED,
        verb=words.verb,
        word=words.word,
        note=words.note,
        page=page,
        marks=marks,
        at=at,
    )
    if met:
        apply_approved(scope=scope, proposal=proposal, revision=revision, system=system, at=at)
    return proposal


def _refuse(
    *,
    scope: Scope,
    number: int,
    digest: str,
    confirmation: Confirmation,
    note: str,
    at: datetime,
    verdict: Verdict,
    to: State,
    word: str,
    wishes: Sequence[Wish] = (),
) -> AmendmentProposal:
    proposal, _, _ = _question(scope=scope, number=number, to=verdict.value.replace("_", " "), at=at)
    write_wishes(scope=scope, proposal=proposal, wishes=wishes, at=at)
    page = page_now(scope=scope, proposal=proposal, at=at)
    _answer(
        scope=scope,
        proposal=proposal,
        digest=digest,
        verdict=verdict,
        note=note,
        confirmation=confirmation,
        override=False,
        at=at,
    )
    verb = f"amendments.{verdict.value}"
    _said(scope=scope, proposal=proposal, to=to, verb=verb, word=word, note=note, page=page, at=at)
    return proposal


def _question(
    *, scope: Scope, number: int, to: str, at: datetime
) -> tuple[AmendmentProposal, ProposalRevision, System]:
    proposal = locked(scope=scope, number=number)
    demand_state(proposal, State.PROPOSED, to=to)
    if at >= proposal.expires_at:
        raise Expired(
            f"{proposal.label} expired on {proposal.expires_at:%d %B %Y}. Propose it again if it is still wanted."
        )
    system = locked_system(scope=scope, system_id=proposal.system_id)
    demand_whole(system)
    return proposal, current_revision(proposal), system


def _demand_base(*, scope: Scope, proposal: AmendmentProposal, revision: ProposalRevision, system: System) -> None:
    if system.constitution_version != revision.base_version:
        raise BaseMoved(
            f"{system.name} moved from version {revision.base_version} to {system.constitution_version} since this was "
            f"proposed, so approvals of {proposal.label} are void. Rebase it and look at what changed."
        )
    if revision.policy_version != authority.policy_version(tenant_quorums(scope=scope)):
        raise BaseMoved(
            f"The rules for who approves changed since {proposal.label} was proposed, so its approvals are void. Rebase it."
        )


def _answer(
    *,
    scope: Scope,
    proposal: AmendmentProposal,
    digest: str,
    verdict: Verdict,
    note: str,
    confirmation: Confirmation,
    override: bool,
    at: datetime,
) -> RequestState:
    if proposal.request_id is None:
        raise BaseMoved(f"{proposal.label} asks nobody right now. Rebase it to ask again.")
    return approvals.answer(
        scope=scope,
        request_id=proposal.request_id,
        digest=digest,
        verdict=verdict,
        note=note,
        confirmation=confirmation,
        override=override,
        at=at,
    )


def _said(
    *,
    scope: Scope,
    proposal: AmendmentProposal,
    to: State,
    verb: str,
    word: str,
    note: str,
    page: AmendmentPage,
    at: datetime,
    marks: Mapping[str, str] | None = None,
) -> None:
    details = _decision_details(scope=scope, proposal=proposal, page=page, at=at)
    move(
        scope=scope,
        proposal=proposal,
        to=to,
        verb=verb,
        at=at,
        why=note,
        explanation=f"{scope.actor.name} {word} {proposal.label}.",
        # a kind of its own, so that "every bypass" is one look into an index
        event_type="override" if details["via"] == Via.OVERRIDE else "constitutional_decision",
        details={**details, **(marks or {})},
        rules_applied=("approval_authority", "four_eyes"),
    )


def _decision_details(
    *, scope: Scope, proposal: AmendmentProposal, page: AmendmentPage, at: datetime
) -> dict[str, Any]:
    """The signed answer as the ledger keeps it: enough for a stranger to check the signature offline, and the page's digest."""
    decision = ApprovalDecision.objects.get(request_id=proposal.request_id, user_id=scope.actor.user_id)
    return {
        **approvals.answer_details(decision),
        "snapshot": keep_page(page=page, proposal=proposal, decision=decision, at=at),
    }
