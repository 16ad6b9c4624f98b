"""The watch on an amendment's page."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from dreams.guardrails import answering
from dreams.guardrails.models import State
from dreams.guardrails.queries import Whole, of_amendment, whole
from governance.amendments.kinds import State as ProposalState
from governance.amendments.models import AmendmentProposal, ProposalRevision
from governance.scope import Capability, Scope

TEMPLATE: Final = "dreams/guardrails/_watch.html"
_WATCHED: Final = frozenset({ProposalState.APPLIED, ProposalState.ROLLED_BACK})


@dataclass(frozen=True, slots=True)
class Card:
    """What the fragment draws. `refused` says why this person may not decide, "" when they may."""

    number: int
    watch: Whole | None
    can_roll_back: bool
    refused: str

    @property
    def can_pause(self) -> bool:
        return self.watch is not None and self.watch.line.state in (State.WATCHING, State.ASKED)

    @property
    def can_resume(self) -> bool:
        is_open = self.watch is not None and self.watch.line.state in (State.PAUSED, State.ASKED, State.WATCHING)
        return (
            is_open
            and self.watch is not None
            and (self.watch.line.state != State.WATCHING or self.watch.crossing is not None)
        )


def card(scope: Scope, proposal: AmendmentProposal, revision: ProposalRevision) -> Card | None:
    """For what was applied and is watched, or was. One query, none for any other."""
    if ProposalState(proposal.state) not in _WATCHED:
        return None
    row = of_amendment(scope=scope, number=proposal.number)
    if row is None:
        return None
    return Card(
        number=proposal.number,
        watch=whole(row),
        can_roll_back=row.amendment.can_rollback and row.amendment.rolled_back_at is None,
        refused=scope.why_not(Capability.ROLL_BACK, to=answering.TO),
    )
