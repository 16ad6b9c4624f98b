from __future__ import annotations

from datetime import datetime

from governance.identity.models import Membership
from governance.scope import Scope
from governance.tenancy import in_tenant


def set_guide(*, scope: Scope, is_hidden: bool, at: datetime) -> None:
    """Hide the person's own checklist in this tenant, or show it again: a convenience, so no entry on the ledger."""
    with in_tenant(scope.tenant_id, durable=True):
        rows = Membership.objects.filter(tenant_id=scope.tenant_id, user_id=scope.person_id, ended_at=None)
        rows.update(guide_hidden_at=at if is_hidden else None)
