"""What is under way, in two numbers. What has ended is added up by day (`days`)."""

from __future__ import annotations

from dataclasses import dataclass

from django.db.models import Count, Q

from governance.scope import Capability, Scope
from routing.executions.models import ExecutionRequest
from routing.executions.stages import Stage


@dataclass(frozen=True, slots=True)
class UnderWay:
    """Requests that are not done, and those of them that wait for approval."""

    total: int
    waiting: int


def under_way(*, scope: Scope) -> UnderWay:
    """Of the whole tenant, in one query. Raises `NotAllowed`."""
    scope.demand(Capability.READ_RECORD, to="see executions")
    open = ExecutionRequest.objects.filter(tenant_id=scope.tenant_id).exclude(stage=Stage.DONE.value)
    waits = Count("id", filter=Q(stage=Stage.AWAITING_APPROVAL.value))
    found = open.aggregate(total=Count("id"), waiting=waits)
    return UnderWay(found["total"], found["waiting"])
