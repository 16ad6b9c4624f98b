"""Everything one amendment's page shows, loaded before the template starts."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from governance.amendments.attachments import attached
from governance.amendments.facts import current_revision
from governance.amendments.kinds import Basis, State
from governance.amendments.models import (
    AmendmentProposal,
    ConstitutionalAmendment,
    ProposalRevision,
    Rollback,
    RollbackState,
)
from governance.amendments.panels import panels_of
from governance.amendments.queries.answers import Answer, Waiting, answers_of, rollbacks_of, waiting_of
from governance.amendments.queries.comparison import Comparison, Side
from governance.amendments.queries.conflicts import Rival, rivals
from governance.amendments.queries.people import Hand, hand_of
from governance.amendments.queries.proofs import Proof, evidence_of
from governance.amendments.queries.rests import REBASABLE, REVISABLE, WITHDRAWABLE, Rest, rests_of
from governance.amendments.queries.rule_change import RuleChange, rule_change
from governance.amendments.queries.staleness import Delta, Staleness, delta, staleness, step_of
from governance.amendments.queries.standing import Authority, Box, authority_of, box
from governance.amendments.queries.talk import Suggestion, Talk, talk_of
from governance.amendments.queries.timeline import Event, timeline
from governance.amendments.queries.undo import cannot_be_undone, may_roll_back
from governance.canonical import JSON
from governance.errors import NotFound
from governance.files.queries import Attachment
from governance.identity.confirm import factor_of
from governance.identity.models import User
from governance.registry.panels import Panel
from governance.scope import Capability, Scope

VIEWS = {"fields": "Changes", "side": "Side by side", "patch": "JSON patch"}


@dataclass(frozen=True, slots=True)
class AmendmentPage:
    """One amendment as one reader sees it at one moment."""

    proposal: AmendmentProposal
    revision: ProposalRevision
    amendment: ConstitutionalAmendment | None
    comparison: Comparison
    view: str
    side: Side | None
    patch: list[dict[str, JSON]] | None
    evidence: tuple[Proof, ...]
    authority: Authority
    answers: tuple[Answer, ...]
    box: Box
    events: tuple[Event, ...]
    staleness: Staleness | None
    delta: Delta | None
    rivals: tuple[Rival, ...]
    talk: Talk
    attachments: tuple[Attachment, ...]
    hand: Hand
    waiting: Waiting | None
    rolled_back: Rollback | None
    irreversible_because: str
    roll_back_refused: str
    factor: str
    can_revise: bool
    can_withdraw: bool
    can_send: bool
    can_rebase: bool
    is_mine: bool
    rests: tuple[Rest, ...]
    rules: RuleChange | None
    panels: tuple[Panel, ...]
    at: datetime

    @property
    def has_changed(self) -> bool:
        """Whether this reader saw another revision before, and must look at what changed since."""
        seen = self.talk.seen
        return self.is_deciding and seen is not None and seen.digest != self.digest

    @property
    def is_new_to_reader(self) -> bool:
        """Whether nothing is known of this reader having seen it."""
        return self.talk.seen is None and State(self.proposal.state).is_open

    @property
    def moment(self) -> str:
        """Names what is on the page: another answer, move or comment makes another one."""
        return moment_of(
            self.proposal,
            last=max((remark.id for thread in self.talk.threads for remark in thread.remarks), default=None),
        )

    @property
    def is_live(self) -> bool:
        """Whether others may still change what this page shows."""
        return State(self.proposal.state).is_open or self.waiting is not None

    @property
    def is_late(self) -> bool:
        """Whether the date on which it should take effect has passed."""
        return self.proposal.effective_at is not None and self.proposal.effective_at <= self.at

    @property
    def suggestions(self) -> tuple[Suggestion, ...]:
        """What its proposer could take over."""
        return self.talk.suggestions if self.can_revise else ()

    @property
    def digest(self) -> str:
        return self.revision.digest

    @property
    def present(self) -> int:
        return sum(proof.is_present for proof in self.evidence)

    @property
    def expected(self) -> int:
        """Lines of evidence that are there or must be."""
        return sum(proof.is_present or proof.is_required for proof in self.evidence)

    @property
    def is_deciding(self) -> bool:
        """Whether the page has a decision box at all."""
        return self.proposal.state == State.PROPOSED

    @property
    def has_override(self) -> bool:
        return self.is_deciding and bool(self.box.approve) and not self.box.override


def found_proposal(*, scope: Scope, number: int) -> AmendmentProposal:
    """The proposal with its system and question; raises `NotFound`, for another tenant's as well."""
    rows = AmendmentProposal.objects.filter(tenant_id=scope.tenant_id, number=number)
    proposal = rows.select_related("system", "request").first()
    if proposal is None:
        raise NotFound(f"There is no amendment AMD-{number}.")
    return proposal


def open_request(*, scope: Scope, number: int) -> UUID:
    """The question that an amendment asks, or that its waiting rollback asks. Raises `NotFound` when nobody is asked."""
    proposal = found_proposal(scope=scope, number=number)
    waiting = Rollback.objects.filter(
        tenant_id=scope.tenant_id, amendment__proposal=proposal, state=RollbackState.WAITING
    ).values_list("request_id", flat=True)
    found = waiting.first() or (proposal.request_id if proposal.state == State.PROPOSED else None)
    if found is None:
        raise NotFound(f"{proposal.label} asks nobody right now.")
    return found


def amendment_page(*, scope: Scope, number: int, at: datetime, view: str = "fields") -> AmendmentPage:
    """Load the page. An unknown `view` is the first one. Raises `NotFound`."""
    proposal = found_proposal(scope=scope, number=number)
    revision = current_revision(proposal)
    comparison = step_of(scope=scope, proposal=proposal, revision=revision)
    amendment = _amendment(scope=scope, proposal=proposal)
    rollbacks = rollbacks_of(scope=scope, amendment=amendment)
    authority = authority_of(scope=scope, proposal=proposal, at=at)
    talk = talk_of(scope=scope, proposal=proposal, revision=revision, lines=comparison.lines)
    stale = staleness(scope=scope, proposal=proposal, revision=revision, comparison=comparison)
    state = State(proposal.state)
    is_mine = scope.actor.user_id is not None and scope.actor.user_id == proposal.proposer_id
    can_propose = scope.can(Capability.PROPOSE)
    return AmendmentPage(
        proposal=proposal,
        revision=revision,
        amendment=amendment,
        comparison=comparison,
        view=view if view in VIEWS else "fields",
        side=comparison.side() if view == "side" else None,
        patch=comparison.patch if view == "patch" else None,
        evidence=evidence_of(proposal, revision),
        authority=authority,
        answers=answers_of(scope=scope, given=authority.given),
        box=box(scope=scope, proposal=proposal, at=at),
        events=timeline(scope=scope, proposal=proposal, rollbacks=rollbacks),
        staleness=stale,
        delta=_delta(scope=scope, proposal=proposal, revision=revision, comparison=comparison, talk=talk),
        rivals=rivals(scope=scope, proposal=proposal, revision=revision, found=comparison.changes)
        if state.is_open
        else (),
        talk=talk,
        attachments=attached(scope=scope, evidence=revision.evidence),
        hand=hand_of(scope=scope, request_id=authority.request_id, at=at),
        waiting=waiting_of(scope=scope, rollbacks=rollbacks, at=at),
        rolled_back=next((row for row in rollbacks if row.state == RollbackState.DONE), None),
        irreversible_because=Basis(proposal.basis).irreversible_because,
        roll_back_refused=(cannot_be_undone(amendment) or may_roll_back(scope=scope)) if amendment else "",
        factor=factor_for(scope),
        can_revise=is_mine and can_propose and state in REVISABLE,
        can_withdraw=state in WITHDRAWABLE and (is_mine or scope.can(Capability.FIX_DATA)),
        can_send=is_mine and can_propose and state is State.DRAFT,
        can_rebase=stale is not None
        and state in REBASABLE
        and not stale.conflicts
        and (can_propose or scope.can(Capability.DECIDE)),
        is_mine=is_mine,
        rests=rests_of(scope=scope, proposal=proposal, is_mine=is_mine, is_stale=stale is not None),
        rules=rule_change(scope=scope, proposal=proposal, revision=revision, at=at),
        panels=panels_of(scope=scope, proposal=proposal, revision=revision),
        at=at,
    )


def moment_of(proposal: AmendmentProposal, *, last: UUID | None) -> str:
    """What a page that is open compares with: the last move, and the newest comment's id."""
    return f"{proposal.updated_at:%Y%m%d%H%M%S%f}-{last or 0}"


def _delta(
    *,
    scope: Scope,
    proposal: AmendmentProposal,
    revision: ProposalRevision,
    comparison: Comparison,
    talk: Talk,
) -> Delta | None:
    """What changed since this reader looked, or since the revision before."""
    if not State(proposal.state).is_open:
        return None
    since = talk.seen.revision if talk.seen and talk.seen.digest != revision.digest else None
    return delta(scope=scope, proposal=proposal, revision=revision, now=comparison, since=since)


def _amendment(*, scope: Scope, proposal: AmendmentProposal) -> ConstitutionalAmendment | None:
    if proposal.state not in (State.APPLIED, State.ROLLED_BACK):
        return None
    rows = ConstitutionalAmendment.objects.filter(tenant_id=scope.tenant_id, proposal=proposal)
    return rows.defer("old_constitution", "new_constitution", "bound").first()


def factor_for(scope: Scope) -> str:
    """What the confirmation field asks this reader for."""
    user = User.objects.filter(id=scope.actor.user_id).first() if scope.actor.user_id else None
    return factor_of(user) if user else "password"
