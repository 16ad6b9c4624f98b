"""Which executions wait for whom."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from governance.approvals.queries import waiting_for
from governance.scope import Scope
from routing.executions.asking import KIND


def waiting_ids(scope: Scope, *, at: datetime) -> frozenset[UUID]:
    """The executions that wait for this person's answer."""
    return frozenset(one.subject_id for one in waiting_for(scope=scope, at=at) if one.kind == KIND)
