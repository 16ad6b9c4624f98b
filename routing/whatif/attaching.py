"""Which amendments a result may become evidence of."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from django.db.models import Count, F, QuerySet

from governance.amendments.attachments import named_in
from governance.amendments.models import AmendmentProposal, ProposalRevision
from governance.amendments.queries.rests import REVISABLE
from governance.canonical import canonical_bytes, digest_bytes
from governance.errors import DomainError
from governance.scope import Capability, Scope
from routing.whatif.evidence import evidence_of

MOST: Final = 20


class OtherChange(DomainError):
    """The result is about another system or another document than the amendment."""

    code = "other_change"


@dataclass(frozen=True, slots=True)
class Target:
    """An amendment of one's own that the result fits. `given` answers would be void; `has_it`: it holds this very file."""

    number: int
    label: str
    sentence: str
    state: str
    revision: int
    given: int
    has_it: bool

    @property
    def next(self) -> int:
        """The revision that attaching makes."""
        return self.revision + 1


def targets(*, scope: Scope, result: Mapping[str, Any]) -> list[Target]:
    """Where this reader may attach the result. Two queries."""
    if not scope.can(Capability.PROPOSE):
        return []
    mine = _fitting(scope, result).filter(proposer_id=scope.actor.accountable_id)
    rows = list(mine.annotate(given=Count("request__decisions")).order_by("-number")[:MOST])
    current = ProposalRevision.objects.filter(
        tenant_id=scope.tenant_id, proposal__in=rows, number=F("proposal__revision")
    )
    revisions = {one.proposal_id: one for one in current}
    digest = digest_bytes(canonical_bytes(evidence_of(result)))
    return [_target(row, revisions[row.id], digest) for row in rows if _is_same(revisions[row.id], result)]


def others(*, scope: Scope, result: Mapping[str, Any]) -> list[AmendmentProposal]:
    """Open amendments of somebody else that the result is about: only their proposers may attach it."""
    rows = _fitting(scope, result).exclude(proposer_id=scope.actor.accountable_id)
    return list(rows.order_by("-number")[:5])


def demand_fitting(result: Mapping[str, Any], proposal: AmendmentProposal, revision: ProposalRevision) -> None:
    """Raise `OtherChange` unless the result says something about this revision of the amendment."""
    if proposal.system.name != result["system"]:
        raise OtherChange(
            f"This result is about {result['system']}, and {proposal.label} changes {proposal.system.name}."
        )
    asked = result["asked"]["amendment"]
    if (asked and asked != proposal.number) or not _is_same(revision, result):
        raise OtherChange(f"This result is about another document than {proposal.label} proposes. Ask about it anew.")


def _fitting(scope: Scope, result: Mapping[str, Any]) -> QuerySet[AmendmentProposal]:
    rows = AmendmentProposal.objects.filter(tenant_id=scope.tenant_id, system__name=result["system"])
    rows = rows.filter(state__in=REVISABLE).select_related("system", "request")
    return rows.filter(number=result["asked"]["amendment"]) if result["asked"]["amendment"] else rows


def _is_same(revision: ProposalRevision, result: Mapping[str, Any]) -> bool:
    """Whether the amendment still proposes the document that was replayed, where one was."""
    return result["document_digest"] in ("", revision.new_digest)


def _target(row: Any, revision: ProposalRevision, digest: str) -> Target:
    held = {str(entry.get("digest")) for entry in named_in(revision.evidence)}
    return Target(row.number, row.label, row.sentence, row.state, row.revision, row.given, digest in held)
