"""What an amendment's page says of it: what it would have done to routing, or the way to find out."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

from governance import canonical
from governance.amendments.kinds import State
from governance.amendments.models import AmendmentProposal, ProposalRevision
from governance.scope import Scope
from routing.whatif import queries
from routing.whatif.asked import concerns

TEMPLATE: Final = "routing/whatif/_panel.html"


@dataclass(frozen=True, slots=True)
class Card:
    """What the fragment draws. `last` is the newest result about this very document, if there is one."""

    label: str
    last: queries.Found | None


def card(scope: Scope, proposal: AmendmentProposal, revision: ProposalRevision) -> Card | None:
    """For an open amendment that may move requests. One query, none for any other."""
    if not State(proposal.state).is_open:
        return None
    new: Any = canonical.loads_canonical(bytes(revision.new_constitution))
    if not concerns(proposal.system.constitution, new):
        return None
    return Card(proposal.label, queries.last_about(scope=scope, number=proposal.number, digest=revision.new_digest))
