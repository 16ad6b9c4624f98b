"""An installation within the shared database.

Verbs about the whole installation go through every open tenant; here those are other tests' tenants too, some of which
were inserted without a ledger. So a test says which tenants its installation holds.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from unittest.mock import patch
from uuid import UUID

from governance.identity.actions import staff
from governance.tenancy import active_tenant_ids
from tarsweb.demo import people


@contextmanager
def installation_of(*tenant_ids: UUID) -> Iterator[None]:
    """Whoever appoints, dismisses or provides platform staff finds no tenants but the open ones among these."""

    def open_ones() -> list[UUID]:
        return [tenant_id for tenant_id in active_tenant_ids() if tenant_id in tenant_ids]

    with ExitStack() as patches:
        for module in (staff, people):
            patches.enter_context(patch.object(module, "active_tenant_ids", open_ones))
        yield
