"""What the tests of what-ifs share: two agents with a rule each, and a past that was routed by today's law."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from governance.amendments import actions as amendments
from governance.amendments.kinds import AmendmentType, Basis
from governance.amendments.models import AmendmentProposal
from governance.ids import new_id
from governance.jobs.attempts import attempt
from governance.jobs.models import Job
from governance.registry.models import System
from governance.scope import Scope
from governance.tenancy import in_tenant
from routing.embeddings.choice import current
from routing.executions.models import Execution
from routing.router.acting import HANDLE
from routing.router.models import RoutingRule
from routing.router.queries import choose
from routing.whatif import actions
from routing.whatif.asked import Asked
from tests import factories as make
from tests.db.router import desk as router

PAYROLL = "Process payroll PDFs"
VIDEO = "Find the recording of the meeting"
AT = make.later(600)


def cast() -> make.Cast:
    """Payroll goes to domicile and recordings to memvid, each by a rule."""
    found = make.cast()
    router.system(
        found, "domicile", "payroll", HANDLE, description="Payroll processing, PDF extraction, compliance audits"
    )
    router.system(found, "memvid", "video-memory", HANDLE, description="Long memory of what was said and seen")
    router.system(found, "strict", "nothing-at-all", description="Takes no requests")
    router.system(found, "fresh", HANDLE, description="Did nothing yet")
    router.written(found.bo, PAYROLL, "domicile")
    router.written(found.bo, VIDEO, "memvid")
    router.embedded(found)
    return found


def past(cast: make.Cast, texts: Sequence[str], **more: Any) -> list[Execution]:
    """Executions of these requests, each chosen for by the router as it is; a minute apart."""
    rows = [_row(cast, text, at=make.later(10 + place), **more) for place, text in enumerate(texts)]
    with in_tenant(cast.tenant.id):
        return Execution.objects.bulk_create(rows)


def _row(
    cast: make.Cast,
    text: str,
    *,
    at: datetime,
    wanted: str = "",
    served_by: str = "",
    status: str = "success",
    cost: str | None = "0.02",
    stars: int | None = None,
    **fields: Any,
) -> Execution:
    embedder = current()
    with in_tenant(cast.tenant.id):
        choice = choose(scope=cast.bo, text=text, wanted=wanted, at=make.later(9))
        name = served_by or (choice.chosen.name if choice.chosen else "")
        system = System.objects.filter(tenant_id=cast.tenant.id, name=name).first()
    values = {
        "system": system,
        "system_name": name,
        "user_request": text,
        "request_embedding": embedder.embed([text])[0].tolist(),
        "embedding_model": embedder.model,
        "route": choice.as_json(),
        "governance_check": {},
        "status": status,
        "started_at": at,
        "completed_at": at + timedelta(seconds=2),
        "cost_usd": None if cost is None else Decimal(cost),
        "user_satisfaction": stars,
        "requested_by": cast.bo.actor.name,
        "user_id": cast.bo.actor.user_id,
    }
    return Execution(id=new_id(at), tenant_id=cast.tenant.id, **(values | fields))


def proposed_for(cast: make.Cast, system: str, **fields: Any) -> AmendmentProposal:
    """A capability expansion of a system by Bo."""
    return amendments.propose(
        scope=cast.bo,
        system_name=system,
        type=AmendmentType.CAPABILITY_EXPANSION,
        basis=Basis.ORDINARY,
        constitution=make.changed(make.constitution_of(cast.bo, name=system), **fields),
        evidence=make.EVIDENCE[AmendmentType.CAPABILITY_EXPANSION],
        at=make.later(100),
    )


def rule(cast: make.Cast, pattern: str = PAYROLL) -> str:
    with in_tenant(cast.tenant.id):
        return str(RoutingRule.objects.get(tenant_id=cast.tenant.id, request_pattern=pattern).id)


def worked(job: Job, *, at: datetime = AT) -> Job:
    """The job after the worker has tried it."""
    attempt(tenant_id=job.tenant_id, job_id=job.id, clock=lambda: at)
    with in_tenant(job.tenant_id):
        return Job.objects.get(tenant_id=job.tenant_id, id=job.id)


def asked(scope: Scope, *, at: datetime = AT, **change: Any) -> Job:
    """A question, answered by the worker."""
    job = worked(actions.start(scope=scope, asked=Asked(**change), at=at), at=at)
    assert job.state == "done", job.error
    return job


def result(scope: Scope, **change: Any) -> dict[str, Any]:
    found: dict[str, Any] = asked(scope, **change).result
    return found
