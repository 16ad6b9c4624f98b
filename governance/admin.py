from governance.amendments import admin as amendments
from governance.approvals import admin as approvals
from governance.identity import admin as identity
from governance.keys import admin as keys
from governance.ledger import admin as ledger
from governance.registry import admin as registry
from governance.tenants import admin as tenants
from governance.tokens import admin as tokens

__all__ = ["amendments", "approvals", "identity", "keys", "ledger", "registry", "tenants", "tokens"]
