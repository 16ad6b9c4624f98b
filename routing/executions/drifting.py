"""What executions say about drift: how they went, what was asked, how people rated them and whether people approved."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import Q, QuerySet

from governance.approvals.models import ApprovalDecision, Verdict
from governance.drift import sources
from routing.executions.asking import KIND
from routing.executions.models import Execution, ExecutionRequest, Receipt
from routing.executions.stages import Status


def register() -> None:
    """Called from `AppConfig.ready`, again without harm."""
    sources.register("executions", executions)
    sources.register("stars", stars)
    sources.register("approvals", approvals)


def executions(*, tenant_id: UUID, after: str, limit: int, at: datetime) -> sources.Batch:
    """Executions in the order in which their receipts were anchored, which is the order in which they become visible."""
    rows = Receipt.objects.filter(tenant_id=tenant_id, sealed_in__isnull=False)
    if after:
        entry, leaf = map(int, after.split(":"))
        rows = rows.filter(Q(sealed_in__gt=entry) | Q(sealed_in=entry, leaf__gt=leaf))
    columns = (
        "system_id",
        "status",
        "routing_confidence",
        "duration_ms",
        "cost_usd",
        "embedding_model",
        "request_embedding",
    )
    named = [f"execution__{name}" for name in columns]
    found = list(rows.order_by("sealed_in", "leaf").values_list("sealed_in", "leaf", *named)[:limit])
    batch = sources.Batch(f"{found[-1][0]}:{found[-1][1]}" if found else after, is_more=len(found) == limit)
    for _, _, system_id, status, confidence, ms, cost, model, vector in found:
        # what rules blocked was not done: it says nothing about how the system works
        if system_id is None or status == Status.GOVERNANCE_BLOCKED.value:
            continue
        batch.add(system_id, "success", float(status == Status.SUCCESS.value))
        for metric, value in (("confidence", confidence), ("duration", ms), ("cost", cost)):
            if value is not None:
                batch.add(system_id, metric, float(value))
        if vector is not None:
            batch.vectors.setdefault((system_id, model), []).append(vector)
    return batch


def stars(*, tenant_id: UUID, after: str, limit: int, at: datetime) -> sources.Batch:
    """Ratings in the order in which they were given; one that is revised counts again."""
    rows = Execution.objects.filter(
        tenant_id=tenant_id, rated_at__lt=sources.before(at), user_satisfaction__isnull=False
    )
    found = _paged(rows.filter(system_id__isnull=False), "rated_at", after, limit, "system_id", "user_satisfaction")
    batch = _batch(found, after, limit)
    for _, _, system_id, rated in found:
        batch.add(system_id, "stars", float(rated))
    return batch


def approvals(*, tenant_id: UUID, after: str, limit: int, at: datetime) -> sources.Batch:
    """People's answers to whether a system may do what it was asked: approved, or not."""
    rows = ApprovalDecision.objects.filter(tenant_id=tenant_id, at__lt=sources.before(at), request__subject_kind=KIND)
    found = _paged(rows, "at", after, limit, "request_id", "verdict")
    questions = [row[2] for row in found]
    asked = ExecutionRequest.objects.filter(tenant_id=tenant_id, question_id__in=questions, system_id__isnull=False)
    systems = dict(asked.values_list("question_id", "system_id"))
    batch = _batch(found, after, limit)
    for _, _, question_id, verdict in found:
        if question_id in systems:
            batch.add(systems[question_id], "approval", float(verdict == Verdict.APPROVE))
    return batch


def _paged(rows: QuerySet[Any], stamp: str, after: str, limit: int, *columns: str) -> list[tuple[Any, ...]]:
    if after:
        moment, id = after.split("|")
        since, last = datetime.fromisoformat(moment), UUID(id)
        rows = rows.filter(Q(**{f"{stamp}__gt": since}) | Q(**{stamp: since}, id__gt=last))
    return list(rows.order_by(stamp, "id").values_list(stamp, "id", *columns)[:limit])


def _batch(found: list[tuple[Any, ...]], after: str, limit: int) -> sources.Batch:
    return sources.Batch(f"{found[-1][0].isoformat()}|{found[-1][1]}" if found else after, is_more=len(found) == limit)
