from governance.amendments.models import (
    AmendmentProposal,
    ConstitutionalAmendment,
    ProposalMove,
    ProposalRevision,
    Quorum,
    Rollback,
    StandingAuthority,
)
from governance.approvals.models import ApprovalDecision, ApprovalRequest, OverrideReview
from governance.identity.models import Deputy, Membership, User
from governance.keys.models import ActorKey
from governance.ledger.models import LedgerEntry, LedgerHead
from governance.registry.models import System, SystemVersion
from governance.tenants.models import Counter, Tenant

__all__ = [
    "ActorKey",
    "AmendmentProposal",
    "ApprovalDecision",
    "ApprovalRequest",
    "ConstitutionalAmendment",
    "Counter",
    "Deputy",
    "LedgerEntry",
    "LedgerHead",
    "Membership",
    "OverrideReview",
    "ProposalMove",
    "ProposalRevision",
    "Quorum",
    "Rollback",
    "StandingAuthority",
    "System",
    "SystemVersion",
    "Tenant",
    "User",
]
