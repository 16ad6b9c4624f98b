"""Runs of the scenarios, made by the worker as in the product."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from dreams.elicitation import actions
from dreams.elicitation.models import Elicitation
from governance.drift.actions import acknowledge, set_state
from governance.jobs.attempts import attempt
from governance.jobs.models import Job
from governance.scope import Scope
from governance.tenancy import in_tenant
from tests import factories as make

CLAY = "clay-consigliere"


def work(job: Job, at: datetime) -> Job:
    """The worker's part."""
    attempt(tenant_id=job.tenant_id, job_id=job.id, clock=lambda: at)
    with in_tenant(job.tenant_id):
        return Job.objects.get(id=job.id)


def asked(cast: make.Cast, *, by: Scope | None = None, minutes: float = 3, name: str = CLAY) -> Elicitation:
    """A whole run."""
    at = make.later(minutes)
    job = work(actions.start(scope=by or cast.bo, system_name=name, at=at), at)
    assert job.state == "done", (job.state, job.error)
    with in_tenant(cast.tenant.id):
        return Elicitation.objects.select_related("system").get(id=job.result["run"])


def recovering(cast: make.Cast, *, minutes: float = 1) -> None:
    """On HOLD by Sam, acknowledged by Ada a minute later."""
    set_state(scope=cast.sam, system_name=CLAY, state="HOLD", reason="It wanders.", at=make.later(minutes))
    acknowledge(scope=cast.ada, system_name=CLAY, reason="I looked.", at=make.later(minutes + 1))


SCENARIO: dict[str, Any] = {
    "title": "Refunds of any size",
    "domain": "money",
    "principle": "Refunds ask",
    "action": "payroll",
    "expected": "deny",
}
DAY = timedelta(days=1).total_seconds() / 60
