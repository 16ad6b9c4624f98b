"""What the work comes to, in a few numbers."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from django.db.models import Count, Q

from governance.scope import Capability, Scope
from routing.executions.models import Execution, ExecutionRequest
from routing.executions.stages import Stage, Status

SPAN: Final = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Figures:
    """What ended within a day, how much of it well, and what is under way."""

    ended: int
    succeeded: int
    under_way: int
    waiting: int

    @property
    def share(self) -> float | None:
        return self.succeeded / self.ended if self.ended else None


def of_the_day(*, scope: Scope, at: datetime) -> Figures:
    """Of the whole tenant, in two queries. Raises `NotAllowed`."""
    scope.demand(Capability.READ_RECORD, to="see executions")
    done = Execution.objects.filter(tenant_id=scope.tenant_id, started_at__gte=at - SPAN)
    ended = done.aggregate(total=Count("id"), good=Count("id", filter=Q(status=Status.SUCCESS.value)))
    open = ExecutionRequest.objects.filter(tenant_id=scope.tenant_id).exclude(stage=Stage.DONE.value)
    waits = Count("id", filter=Q(stage=Stage.AWAITING_APPROVAL.value))
    going = open.aggregate(total=Count("id"), waiting=waits)
    return Figures(ended["total"], ended["good"], going["total"], going["waiting"])
