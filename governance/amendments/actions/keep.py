"""Keeping the page on which somebody decides, in the deciding transaction."""

from __future__ import annotations

from datetime import datetime

from governance import canonical
from governance.amendments.models import AmendmentProposal, DecisionSnapshot
from governance.amendments.queries.page import AmendmentPage, amendment_page
from governance.amendments.snapshots import snapshot_of
from governance.approvals.models import ApprovalDecision
from governance.ids import new_id
from governance.scope import Scope


def page_now(*, scope: Scope, proposal: AmendmentProposal, at: datetime) -> AmendmentPage:
    """The page as this actor sees it before the answer is written."""
    return amendment_page(scope=scope, number=proposal.number, at=at)


def keep_page(*, page: AmendmentPage, proposal: AmendmentProposal, decision: ApprovalDecision, at: datetime) -> str:
    """Write the snapshot of a decision and return its digest, for the ledger entry of the same transaction."""
    content = canonical.canonical_bytes(snapshot_of(page, decision=decision))
    digest = canonical.digest_bytes(content)
    DecisionSnapshot.objects.create(
        id=new_id(at),
        tenant_id=proposal.tenant_id,
        decision=decision,
        proposal=proposal,
        content=content,
        digest=digest,
        at=at,
    )
    return digest
