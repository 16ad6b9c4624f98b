"""A proposal's life as lines: who did what, when, why, and where it stands on the ledger."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import Exists, OuterRef

from governance.amendments.kinds import State
from governance.amendments.models import (
    AmendmentProposal,
    DecisionSnapshot,
    ProposalMove,
    ProposalRevision,
    Rollback,
    RollbackState,
)
from governance.approvals.models import ApprovalDecision, Verdict, Via
from governance.scope import ROLE_LABELS, Role, Scope

_TONES = {
    State.APPROVED: "good",
    State.APPLIED: "good",
    State.REJECTED: "bad",
    State.EXPIRED: "bad",
    State.ROLLED_BACK: "bad",
}


@dataclass(frozen=True, slots=True)
class Event:
    """One line of the timeline; `how` says in which role and by which factor an answer was given."""

    said: str
    by: str
    at: datetime
    why: str = ""
    how: str = ""
    tone: str = ""
    sequence: int | None = None
    decision_id: UUID | None = None
    """The answer whose page was kept."""


@dataclass(frozen=True, slots=True)
class _Record:
    """What the lines are made of, keyed by (moment, person): a verb's rows share both."""

    decisions: Mapping[tuple[datetime, str], Any]
    revisions: Mapping[tuple[datetime, str], ProposalRevision]


def timeline(*, scope: Scope, proposal: AmendmentProposal, rollbacks: Sequence[Rollback] = ()) -> tuple[Event, ...]:
    """Every event in order. Answers to earlier, void questions stay in it."""
    mine = {"tenant_id": scope.tenant_id, "proposal": proposal}
    # One verb can make two moves at one moment (approve, apply); only the ledger knows which came first.
    moves = list(ProposalMove.objects.filter(**mine).order_by("ledger_sequence"))
    revisions = ProposalRevision.objects.filter(**mine).only("number", "why", "by", "at").order_by("number")
    decisions = ApprovalDecision.objects.filter(
        tenant_id=scope.tenant_id, request__subject_kind="amendment", request__subject_id=proposal.id
    ).annotate(has_page=Exists(DecisionSnapshot.objects.filter(decision=OuterRef("pk"))))
    record = _Record(
        decisions={(row.at, row.actor_name): row for row in decisions},
        revisions={(row.at, row.by): row for row in revisions if row.number > 1},
    )
    events = [_event(move, record) for move in moves]
    if not moves or moves[0].at != proposal.created_at:
        events.insert(0, Event("Drafted", proposal.proposed_by, proposal.created_at))
    events += [_asked_back(row) for row in rollbacks if row.state != RollbackState.DONE]
    return tuple(sorted(events, key=lambda event: event.at))


def how_words(decision: ApprovalDecision) -> str:
    """ "as Compliance officer, confirmed by password"."""
    roles = " and ".join(ROLE_LABELS[role] for role in Role if role.value in decision.roles)
    seat = {
        Via.ROLE: f"as {roles}",
        Via.DEPUTY: f"as a deputy, {roles}",
        Via.OVERRIDE: f"by override in the place of {roles}",
        Via.AUTHORITY: "under a standing authority",
    }[Via(decision.via)]
    return seat if decision.via == Via.AUTHORITY else f"{seat}, confirmed by {decision.confirmed_by}"


def _event(move: ProposalMove, record: _Record) -> Event:
    after = State(move.after)
    key = (move.at, move.by)
    decision = record.decisions.get(key) if after not in (State.APPLIED, State.SCHEDULED, State.ROLLED_BACK) else None
    return Event(
        said=_answer_words(decision) if decision else _move_words(move, record.revisions.get(key)),
        by=move.by,
        at=move.at,
        why=move.why,
        how=how_words(decision) if decision else "",
        tone="good" if decision and decision.verdict == Verdict.APPROVE else _TONES.get(after, ""),
        sequence=move.ledger_sequence,
        decision_id=decision.id if decision and decision.has_page else None,
    )


def _answer_words(decision: ApprovalDecision) -> str:
    return Verdict(decision.verdict).label


def _move_words(move: ProposalMove, revision: ProposalRevision | None) -> str:
    before, after = State(move.before), State(move.after)
    if after is State.PROPOSED:
        if revision is not None:
            return f"Revision {revision.number}"
        return "Proposed" if before is State.DRAFT else "Could not take effect, asked again"
    return {
        State.APPROVED: "Approved",
        State.SCHEDULED: "Scheduled for its effective date",
        State.APPLIED: "Took effect",
        State.REJECTED: "Rejected",
        State.CHANGES_REQUESTED: "Asked for changes",
        State.EXPIRED: "Expired",
        State.WITHDRAWN: "Withdrawn",
        State.ROLLED_BACK: "Rolled back",
        State.DRAFT: "Drafted",
    }[after]


def _asked_back(rollback: Rollback) -> Event:
    said = {
        RollbackState.WAITING: "Asked to roll back",
        RollbackState.WITHDRAWN: "Asked to roll back, withdrawn since",
        RollbackState.VOID: "Asked to roll back, void since",
    }[RollbackState(rollback.state)]
    return Event(said, rollback.requested_by, rollback.requested_at, rollback.reason)
