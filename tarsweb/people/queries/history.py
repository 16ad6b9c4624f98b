"""What a person decided: what a person's page shows beside the list's line."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from governance.approvals import subjects
from governance.approvals.models import ApprovalDecision, Verdict
from governance.approvals.subjects import Row
from governance.scope import Scope

SHOWN = 10


@dataclass(frozen=True, slots=True)
class Decided:
    """One signed answer and what it was about."""

    verdict: str
    at: datetime
    row: Row


def decided_by(*, scope: Scope, user_id: UUID, at: datetime) -> tuple[Decided, ...]:
    """The person's last ten answers, newest first."""
    answers = list(
        ApprovalDecision.objects.filter(tenant_id=scope.tenant_id, user_id=user_id)
        .order_by("-id")
        .values_list("verdict", "at", "request__subject_kind", "request__subject_id")[:SHOWN]
    )
    by_kind: dict[str, list[UUID]] = defaultdict(list)
    for _, _, kind, subject_id in answers:
        by_kind[kind].append(subject_id)
    found = {
        subject_id: row
        for kind, ids in sorted(by_kind.items())
        if (handler := subjects.handler_of(kind))
        for subject_id, row in handler.rows(scope=scope, ids=ids, at=at).items()
    }
    return tuple(
        Decided(str(Verdict(verdict).label), moment, found[subject_id])
        for verdict, moment, _, subject_id in answers
        if subject_id in found
    )
