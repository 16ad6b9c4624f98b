"""Names that a person asking a question may mean."""

from __future__ import annotations

from governance.registry.models import System
from governance.rulebook.law_document import SYSTEM_NAME as LAW
from governance.scope import Scope


def system_names(*, scope: Scope) -> list[str]:
    """The systems one can ask about, by name; the tenant's law is none of them."""
    rows = System.objects.filter(tenant_id=scope.tenant_id).exclude(name=LAW)
    return list(rows.order_by("name").values_list("name", flat=True))
