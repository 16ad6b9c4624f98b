"""Everything one amendment's page shows, loaded before the template starts."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from governance import canonical
from governance.amendments.actions.common import current_revision
from governance.amendments.evidence import Item, checklist, known_keys
from governance.amendments.kinds import AmendmentType, Basis, State
from governance.amendments.models import (
    AmendmentProposal,
    ConstitutionalAmendment,
    ProposalRevision,
    Rollback,
    RollbackState,
)
from governance.amendments.queries.comparison import Comparison, Line, Side, lines_of
from governance.amendments.queries.staleness import Delta, Rival, Staleness, delta, rivals, staleness, step_of
from governance.amendments.queries.standing import (
    Authority,
    Box,
    asked,
    authority_of,
    box,
    may_confirm_roll_back,
)
from governance.amendments.queries.timeline import Event, how_words, timeline
from governance.amendments.queries.undo import cannot_be_undone, may_roll_back
from governance.approvals.models import ApprovalDecision, Via
from governance.approvals.quorum import Requirement
from governance.canonical import JSON
from governance.constitution.diff import changes
from governance.errors import NotFound
from governance.identity.confirm import factor_of
from governance.identity.models import User
from governance.registry.models import SystemVersion
from governance.scope import Capability, Scope

VIEWS = {"fields": "Changes", "side": "Side by side", "patch": "JSON patch"}
_WITHDRAWABLE = frozenset({State.DRAFT, State.PROPOSED, State.CHANGES_REQUESTED, State.APPROVED, State.SCHEDULED})
_REVISABLE = frozenset({State.DRAFT, State.PROPOSED, State.CHANGES_REQUESTED})
_REBASABLE = frozenset({State.PROPOSED, State.APPROVED, State.SCHEDULED})


@dataclass(frozen=True, slots=True)
class Proof:
    """One line of the evidence: what was asked for, what was supplied, by whom, when."""

    label: str
    value: str
    source: str
    date: date | None
    is_present: bool
    is_required: bool
    supplied_by: str = ""
    help: str = ""
    link: str = ""


@dataclass(frozen=True, slots=True)
class Answer:
    """One answer to the current question, ready to read. `is_unreviewed`: an override nobody has looked at yet."""

    decision: ApprovalDecision
    said: str
    how: str
    is_unreviewed: bool
    review: Any = None
    may_review: bool = False


@dataclass(frozen=True, slots=True)
class Waiting:
    """A rollback that waits for a second person."""

    rollback: Rollback
    lines: tuple[Line, ...]
    authority: Authority
    refused_because: str
    may_withdraw: bool


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


def amendment_page(*, scope: Scope, number: int, at: datetime, view: str = "fields") -> AmendmentPage:
    """Load the page. An unknown `view` is the first one. Raises `NotFound`."""
    proposal = found_proposal(scope=scope, number=number)
    revision = current_revision(proposal)
    comparison = step_of(scope=scope, proposal=proposal, revision=revision)
    amendment = _amendment(scope=scope, proposal=proposal)
    rollbacks = _rollbacks(scope=scope, amendment=amendment)
    authority = authority_of(scope=scope, proposal=proposal, at=at)
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
        answers=_answers(scope=scope, given=authority.given),
        box=box(scope=scope, proposal=proposal, at=at),
        events=timeline(scope=scope, proposal=proposal, rollbacks=rollbacks),
        staleness=stale,
        delta=delta(scope=scope, proposal=proposal, revision=revision, now=comparison) if state.is_open else None,
        rivals=rivals(scope=scope, proposal=proposal, revision=revision, found=comparison.changes)
        if state.is_open
        else (),
        waiting=_waiting(scope=scope, rollbacks=rollbacks, at=at),
        rolled_back=next((row for row in rollbacks if row.state == RollbackState.DONE), None),
        irreversible_because=Basis(proposal.basis).irreversible_because,
        roll_back_refused=(cannot_be_undone(amendment) or may_roll_back(scope=scope)) if amendment else "",
        factor=factor_for(scope),
        can_revise=is_mine and can_propose and state in _REVISABLE,
        can_withdraw=state in _WITHDRAWABLE and (is_mine or scope.can(Capability.FIX_DATA)),
        can_send=is_mine and can_propose and state is State.DRAFT,
        can_rebase=stale is not None
        and state in _REBASABLE
        and not stale.conflicts
        and (can_propose or scope.can(Capability.DECIDE)),
        is_mine=is_mine,
    )


def evidence_of(proposal: AmendmentProposal, revision: ProposalRevision) -> tuple[Proof, ...]:
    """The checklist of the type and basis, then whatever else was supplied."""
    type, basis = AmendmentType(proposal.amendment_type), Basis(proposal.basis)
    lines = checklist(type=type, basis=basis, evidence=revision.evidence, sources=revision.sources)
    extra = sorted(revision.evidence.keys() - known_keys(type, basis))
    more = [
        _proof(Item((key,), _humane(key), "", is_required=False), revision.evidence[key], revision.sources.get(key, {}))
        for key in extra
    ]
    first = [_proof(line.item, line.value, {"source": line.source, "date": line.date}) for line in lines]
    return (*first, *more)


def _proof(item: Item, value: Any, origin: dict[str, str]) -> Proof:
    text = value if isinstance(value, str) else "" if value is None else _plain(value)
    return Proof(
        label=item.label,
        value=text,
        source=origin.get("source", ""),
        date=_date(origin.get("date", "")),
        is_present=value is not None,
        is_required=item.is_required,
        supplied_by=item.supplied_by,
        help=item.help,
        link=text if text.startswith(("https://", "http://")) and len(text.split()) == 1 else "",
    )


def _plain(value: JSON) -> str:
    return json.dumps(value, ensure_ascii=False)


def _date(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


def _humane(key: str) -> str:
    words = key.replace("_", " ").strip()
    return words[:1].upper() + words[1:] if words else key


def _amendment(*, scope: Scope, proposal: AmendmentProposal) -> ConstitutionalAmendment | None:
    if proposal.state not in (State.APPLIED, State.ROLLED_BACK):
        return None
    rows = ConstitutionalAmendment.objects.filter(tenant_id=scope.tenant_id, proposal=proposal)
    return rows.defer("old_constitution", "new_constitution", "bound").first()


def _rollbacks(*, scope: Scope, amendment: ConstitutionalAmendment | None) -> Sequence[Rollback]:
    if amendment is None:
        return ()
    rows = Rollback.objects.filter(tenant_id=scope.tenant_id, amendment=amendment).select_related("system", "request")
    return list(rows.order_by("requested_at", "id"))


def _answers(*, scope: Scope, given: Sequence[ApprovalDecision]) -> tuple[Answer, ...]:
    return tuple(_answer(scope, decision) for decision in given)


def _answer(scope: Scope, decision: ApprovalDecision) -> Answer:
    review = next(iter(decision.reviews.all()), None)
    is_unreviewed = decision.via == Via.OVERRIDE and review is None
    return Answer(
        decision=decision,
        said=decision.get_verdict_display(),
        how=how_words(decision),
        is_unreviewed=is_unreviewed,
        review=review,
        may_review=is_unreviewed and scope.can(Capability.DECIDE) and decision.user_id != scope.actor.user_id,
    )


def _waiting(*, scope: Scope, rollbacks: Sequence[Rollback], at: datetime) -> Waiting | None:
    rollback = next((row for row in rollbacks if row.state == RollbackState.WAITING), None)
    if rollback is None:
        return None
    base = SystemVersion.objects.get(
        tenant_id=scope.tenant_id, system_id=rollback.system_id, number=rollback.base_version
    )
    old, new = (canonical.loads_canonical(bytes(data)) for data in (base.canonical, rollback.new_constitution))
    requirements = [Requirement.of(data) for data in rollback.request.requirements]
    return Waiting(
        rollback=rollback,
        lines=lines_of(changes(old, new)),
        authority=asked(scope=scope, request=rollback.request, requirements=requirements, excluded_user_id=None, at=at),
        refused_because=may_confirm_roll_back(scope=scope, rollback=rollback, at=at),
        may_withdraw=scope.can(Capability.ROLL_BACK),
    )


def factor_for(scope: Scope) -> str:
    """What the confirmation field asks this reader for."""
    user = User.objects.filter(id=scope.actor.user_id).first() if scope.actor.user_id else None
    return factor_of(user) if user else "password"
