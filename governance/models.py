from governance.amendments.models import (
    AmendmentCount,
    AmendmentDay,
    AmendmentProposal,
    ConstitutionalAmendment,
    DecisionSnapshot,
    ProposalMove,
    ProposalRevision,
    Quorum,
    Rollback,
    StandingAuthority,
)
from governance.approvals.models import (
    ApprovalDecision,
    ApprovalRequest,
    Assignment,
    OverrideReview,
    Reminder,
    Snooze,
)
from governance.assets.models import Asset, AssetUse, Mandate
from governance.discussion.models import Comment, Look, Tick
from governance.drift.models import DriftMark, DriftMetric, DriftScore, DriftState
from governance.estop.models import EStop
from governance.files.models import StoredFile
from governance.idempotency.models import IdempotencyKey
from governance.identity.models import Deputy, Invitation, Membership, User
from governance.jobs.models import Job
from governance.keys.models import ActorKey
from governance.ledger.models import LedgerEntry, LedgerHead
from governance.notices.models import Notice, NoticePreference, OutboxMail
from governance.registry.models import System, SystemVersion
from governance.rulebook.models import PolicyCase, RuleSession, SafetyWindow, SessionRule, StoredVerdict
from governance.searches.models import SavedSearch
from governance.tenants.models import Counter, Tenant
from governance.tokens.models import ApiToken, RateWindow
from governance.webhooks.models import Webhook, WebhookDelivery

__all__ = [
    "ActorKey",
    "AmendmentCount",
    "AmendmentDay",
    "AmendmentProposal",
    "ApiToken",
    "ApprovalDecision",
    "ApprovalRequest",
    "Asset",
    "AssetUse",
    "Assignment",
    "Comment",
    "ConstitutionalAmendment",
    "Counter",
    "DecisionSnapshot",
    "Deputy",
    "DriftMark",
    "DriftMetric",
    "DriftScore",
    "DriftState",
    "EStop",
    "IdempotencyKey",
    "Invitation",
    "Job",
    "LedgerEntry",
    "LedgerHead",
    "Look",
    "Mandate",
    "Membership",
    "Notice",
    "NoticePreference",
    "OutboxMail",
    "OverrideReview",
    "PolicyCase",
    "ProposalMove",
    "ProposalRevision",
    "Quorum",
    "RateWindow",
    "Reminder",
    "Rollback",
    "RuleSession",
    "SafetyWindow",
    "SavedSearch",
    "SessionRule",
    "Snooze",
    "StandingAuthority",
    "StoredFile",
    "StoredVerdict",
    "System",
    "SystemVersion",
    "Tenant",
    "Tick",
    "User",
    "Webhook",
    "WebhookDelivery",
]
