"""The document that a question changes a constitution to: of an open amendment, or the router's as somebody typed it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from governance import canonical
from governance.amendments.facts import current_revision
from governance.amendments.kinds import State
from governance.amendments.models import AmendmentProposal, ProposalRevision
from governance.amendments.queries import found_proposal
from governance.errors import DomainError
from governance.scope import Scope
from routing.router import nearest
from routing.whatif.asked import Asked, concerns


class NothingRouted(DomainError):
    """The amendment changes nothing that the router reads, is decided, or stands on an older version."""

    code = "nothing_routed"


@dataclass(frozen=True, slots=True)
class Changed:
    """A system's constitution as it might be. `label` is "" for what somebody typed; `digest` is of the document."""

    system: str
    document: Mapping[str, Any]
    label: str
    digest: str


def changed_by(*, scope: Scope, asked: Asked) -> Changed | None:
    """The constitution that the question changes; None where it changes none. Raises `NotFound`, `NothingRouted`."""
    if asked.amendment:
        proposal = found_proposal(scope=scope, number=asked.amendment)
        return under(proposal, current_revision(proposal))
    if asked.constitution is None:
        return None
    router = nearest.router(scope=scope)
    if router is None:
        raise NothingRouted("No active system's constitution speaks about routing, so there is no router to change.")
    document = dict(asked.constitution)
    return Changed(router.name, document, "", canonical.digest(document))


def under(proposal: AmendmentProposal, revision: ProposalRevision) -> Changed:
    """What an open amendment would make of its system. Raises `NothingRouted`."""
    system = proposal.system
    if not State(proposal.state).is_open:
        raise NothingRouted(
            f"{proposal.label} is decided. A what-if says what a change would do, so it is made before."
        )
    if revision.base_version != system.constitution_version:
        said = f"{proposal.label} stands on version {revision.base_version} of {system.name}, which is at"
        raise NothingRouted(f"{said} {system.constitution_version} now. Rebase it, then ask again.")
    document: Any = canonical.loads_canonical(bytes(revision.new_constitution))
    if not concerns(system.constitution, document):
        raise NothingRouted(f"{proposal.label} changes nothing that the router reads, so nobody would move.")
    return Changed(system.name, document, proposal.label, revision.new_digest)
