"""What an amendment does to the saved cases, where it changes rules."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from governance import canonical
from governance.amendments.facts import current_revision
from governance.amendments.kinds import State
from governance.amendments.models import AmendmentProposal, ProposalRevision
from governance.rulebook.queries.checks import CaseCheck, case_check, change_of
from governance.rulebook.queries.replays import Change
from governance.scope import Scope


@dataclass(frozen=True, slots=True)
class RuleChange:
    """What the amendment's page shows of it while it is undecided."""

    number: int
    cases: CaseCheck


def change_under(proposal: AmendmentProposal, *, revision: ProposalRevision | None = None) -> Change | None:
    """The change of rules that an open amendment asks for; None when it asks for none, or is decided."""
    if not State(proposal.state).is_open:
        return None
    revision = revision or current_revision(proposal)
    new = canonical.loads_canonical(bytes(revision.new_constitution))
    system = proposal.system
    return change_of(system=system.name, old=system.constitution, new=new, digest=revision.digest)


def rule_change(
    *, scope: Scope, proposal: AmendmentProposal, revision: ProposalRevision, at: datetime
) -> RuleChange | None:
    """For the amendment's page: the cases under it. None when it changes no rules."""
    change = change_under(proposal, revision=revision)
    return RuleChange(proposal.number, case_check(scope=scope, change=change, at=at)) if change else None
