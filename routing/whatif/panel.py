"""What an amendment's page says of its effect on routing, or the way to find out; what a proposed rule's page says of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

from governance import canonical
from governance.amendments.kinds import State
from governance.amendments.models import AmendmentProposal, ProposalRevision
from governance.scope import Scope
from routing.learning.queries import Line
from routing.whatif import queries
from routing.whatif.asked import added_of, concerns
from routing.whatif.showing import Figure, figures_of

TEMPLATE: Final = "routing/whatif/_panel.html"
OF_RULE: Final = "routing/whatif/_of_rule.html"


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


@dataclass(frozen=True, slots=True)
class Replayed:
    """The newest replay of a proposed rule. `stale`: what changed since, in words; "" while nothing did."""

    found: queries.Found
    figures: tuple[Figure, ...]
    stale: str


def of_rule(scope: Scope, line: Line) -> Replayed | None:
    """For a proposal that was replayed as its page asks. One query, and two where there is a result."""
    added, _ = added_of(line.as_added)
    found = queries.last_of(scope=scope, added=added)
    if found is None:
        return None
    result = found.result or {}
    figures = figures_of(result["figures"]) if result and result["figures"]["count"] else []
    return Replayed(found, tuple(figures), queries.moved_since(scope=scope, result=result) if result else "")
