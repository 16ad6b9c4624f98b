from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from governance.amendments import actions as amendments
from governance.amendments.kinds import State
from governance.errors import DomainError, Invalid
from governance.identity.confirm import Confirmation, demand_fresh
from governance.ids import new_id
from governance.scope import Capability, Scope
from governance.tenancy import in_tenant
from tarsweb.inbox.alike import MOST, Candidate
from tarsweb.inbox.queries import Together, together


class NothingTogether(Invalid):
    """Nothing of what was named may be decided by one look."""

    code = "nothing_together"


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one amendment: decided, or left for a look of its own, and why."""

    label: str
    system: str
    is_decided: bool
    sentence: str
    state: str = ""


@dataclass(frozen=True, slots=True)
class Batch:
    """What one look decided. `id` marks its entries on the ledger."""

    id: UUID
    outcomes: tuple[Outcome, ...]

    @property
    def decided(self) -> tuple[Outcome, ...]:
        return tuple(outcome for outcome in self.outcomes if outcome.is_decided)

    @property
    def left(self) -> tuple[Outcome, ...]:
        return tuple(outcome for outcome in self.outcomes if not outcome.is_decided)


def approve_together(
    *, scope: Scope, digests: dict[str, str], confirmation: Confirmation, note: str, at: datetime
) -> Batch:
    """Approve amendments that are alike, each by its own verb, signature, digest and entry.

    `digests` is `{label: the digest that was on the screen}`. What is unlike, moved or refused is left out and said
    so; nothing is undone for it. Raises `NotAllowed`, `NotConfirmed`, `Invalid` (none, or more than 100), `NothingTogether`.
    """
    scope.demand(Capability.READ_RECORD, to="decide")
    if not 1 <= len(digests) <= MOST:
        raise Invalid(f"Name between 1 and {MOST} amendments.", problems=(("/items", "is out of range"),))
    demand_fresh(confirmation, user_id=scope.actor.user_id, at=at)
    with in_tenant(scope.tenant_id):
        look = together(scope=scope, labels=list(digests), at=at)
    if not look.members:
        raise NothingTogether(_why_nothing(look))
    batch_id = new_id(at)
    said = _note(note, others=len(look.members) - 1)
    decided = [
        _approved(
            scope=scope,
            candidate=member,
            digest=digests[member.label],
            confirmation=confirmation,
            note=said,
            batch=str(batch_id),
            at=at,
        )
        for member in look.members
    ]
    return Batch(batch_id, (*decided, *_left(look)))


def _approved(
    *,
    scope: Scope,
    candidate: Candidate,
    digest: str,
    confirmation: Confirmation,
    note: str,
    batch: str,
    at: datetime,
) -> Outcome:
    try:
        proposal = amendments.approve(
            scope=scope,
            number=int(candidate.label.removeprefix("AMD-")),
            digest=digest,
            confirmation=confirmation,
            note=note,
            batch=batch,
            at=at,
        )
    except DomainError as refusal:
        return Outcome(candidate.label, candidate.system, False, refusal.sentence)
    words = {State.APPLIED: "Approved, and in force.", State.SCHEDULED: "Approved; it takes effect on its date."}
    sentence = words.get(State(proposal.state), "Approved; it waits for another approval.")
    return Outcome(candidate.label, candidate.system, True, sentence, proposal.state)


def _left(look: Together) -> Sequence[Outcome]:
    apart = [
        Outcome(one.candidate.label, one.candidate.system, False, f"Left for a look of its own: {one.because}.")
        for one in look.apart
    ]
    missing = [Outcome(label, "", False, "It does not wait for you any more.") for label in look.missing]
    return [*apart, *missing]


def _note(note: str, *, others: int) -> str:
    together = f"Decided together with {others} alike." if others else ""
    return " ".join(part for part in (note.strip(), together) if part)


def _why_nothing(look: Together) -> str:
    if look.apart:
        first = look.apart[0]
        return f"None of these may be decided together: {first.candidate.label} because {first.because}. Look at each alone."
    return "None of these waits for you any more. Go back to the inbox."
