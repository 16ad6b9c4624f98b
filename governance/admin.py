from governance.amendments import admin as amendments
from governance.approvals import admin as approvals
from governance.assets import admin as assets
from governance.discussion import admin as discussion
from governance.drift import admin as drift
from governance.estop import admin as estop
from governance.files import admin as files
from governance.identity import admin as identity
from governance.jobs import admin as jobs
from governance.keys import admin as keys
from governance.ledger import admin as ledger
from governance.notices import admin as notices
from governance.registry import admin as registry
from governance.searches import admin as searches
from governance.tenants import admin as tenants
from governance.tokens import admin as tokens
from governance.webhooks import admin as webhooks

__all__ = [
    "amendments",
    "approvals",
    "assets",
    "discussion",
    "drift",
    "estop",
    "files",
    "identity",
    "jobs",
    "keys",
    "ledger",
    "notices",
    "registry",
    "searches",
    "tenants",
    "tokens",
    "webhooks",
]
