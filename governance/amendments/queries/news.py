"""Whether anything happened to an amendment since a page of it was drawn."""

from __future__ import annotations

from dataclasses import dataclass

from governance.amendments.models import AmendmentProposal
from governance.amendments.queries.page import moment_of
from governance.amendments.queries.talk import KIND
from governance.amendments.queries.timeline import timeline
from governance.discussion.queries import last_of
from governance.errors import NotFound
from governance.scope import Capability, Scope


@dataclass(frozen=True, slots=True)
class News:
    """What happened, in a sentence; "" for nothing."""

    number: int
    said: str


def news_since(*, scope: Scope, number: int, seen: str) -> News:
    """What is new compared with a page's `moment`; two queries while nothing happened. Raises `NotAllowed`, `NotFound`."""
    scope.demand(Capability.READ_RECORD, to="see an amendment")
    proposal = AmendmentProposal.objects.filter(tenant_id=scope.tenant_id, number=number).first()
    if proposal is None:
        raise NotFound(f"There is no amendment AMD-{number}.")
    now = moment_of(proposal, last=last_of(scope=scope, kind=KIND, subject_id=proposal.id))
    if now == seen:
        return News(number, "")
    if now.partition("-")[0] == seen.partition("-")[0]:
        return News(number, "Somebody wrote a comment.")
    last = timeline(scope=scope, proposal=proposal)[-1]
    return News(number, f"{last.said} by {last.by}.")
