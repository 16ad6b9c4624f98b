"""What the worker does for the ledger page."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from governance.audit import checks


def verify(tenant_id: str, job: str, at_iso: str) -> str:
    """Verify a tenant's record and keep the answer for the page that asked; returns the headline."""
    check = checks.run(tenant_id=UUID(tenant_id), job=UUID(job), at=datetime.fromisoformat(at_iso))
    return check.report.headline if check.report else ""
