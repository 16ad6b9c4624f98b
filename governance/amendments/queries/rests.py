"""The buttons that this reader cannot press on a page, each with its reason."""

from __future__ import annotations

from dataclasses import dataclass

from governance.amendments.kinds import State
from governance.amendments.models import AmendmentProposal
from governance.scope import Capability, Scope

WITHDRAWABLE = frozenset({State.DRAFT, State.PROPOSED, State.CHANGES_REQUESTED, State.APPROVED, State.SCHEDULED})
REVISABLE = frozenset({State.DRAFT, State.PROPOSED, State.CHANGES_REQUESTED})
REBASABLE = frozenset({State.PROPOSED, State.APPROVED, State.SCHEDULED})


@dataclass(frozen=True, slots=True)
class Rest:
    """A button that rests, and why."""

    label: str
    reason: str
    key: str


def rests_of(*, scope: Scope, proposal: AmendmentProposal, is_mine: bool, is_stale: bool) -> tuple[Rest, ...]:
    """What rests for somebody who proposes or decides; nobody else is offered these buttons at all."""
    state = State(proposal.state)
    if not (scope.can(Capability.PROPOSE) or scope.can(Capability.DECIDE)) or not state.is_open:
        return ()
    found = []
    if reason := _no_revising(scope, proposal, is_mine):
        found.append(Rest("Revise", reason, "revise"))
    if not is_mine and not scope.can(Capability.FIX_DATA):
        reason = f"{proposal.proposed_by} proposed this; only they or a tenant admin can withdraw it."
        found.append(Rest("Withdraw", reason, "withdraw"))
    if not is_stale and state in REBASABLE:
        reason = (
            f"{proposal.system.name} and the rules for approving are as they were, so there is nothing to carry over."
        )
        found.append(Rest("Rebase", reason, "rebase"))
    return tuple(found)


def _no_revising(scope: Scope, proposal: AmendmentProposal, is_mine: bool) -> str:
    if not is_mine:
        return (
            f"{proposal.proposed_by} proposed this; only they can revise it. You can suggest a value beside a change."
        )
    if not scope.can(Capability.PROPOSE):
        return "You no longer hold a role that proposes."
    if State(proposal.state) not in REVISABLE:
        return f"It is {State(proposal.state).value}. Withdraw it and propose again, or propose a further change."
    return ""
