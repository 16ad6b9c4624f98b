"""What the tests of nights share: an agent that costs what its constitution says, requests that it served, a night run to its
end."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import uuid4

from billing.budgets.actions import grant_monthly, set_price
from dreams.cycles import planning, running
from dreams.cycles import settings as nights
from dreams.cycles.choices import Aim
from dreams.cycles.models import Dream, DreamCycle, DreamRun
from dreams.verdict.observed import Metric
from governance.amendments import actions as amendments
from governance.amendments.kinds import AmendmentType, Basis
from governance.amendments.kinds import State as Amended
from governance.amendments.models import AmendmentProposal
from governance.ids import new_id
from governance.jobs.handlers import Cancelled, Run
from governance.registry.actions import register_system
from governance.registry.models import System, SystemType
from governance.tenancy import in_tenant
from routing.connectors.actions import configure
from routing.connectors.contract import Call, OnProgress, Reply, Usage
from routing.executions.models import Execution
from tests import factories as make
from tests.db.routing.executions import desk as work

NAME = "payroll"
LAW: dict[str, Any] = {
    "skill": NAME,
    "version": "1.0.0",
    "capabilities": ["audit", "handle_request"],
    "requires_approval": ["upload"],
    "fuzzy_match_threshold": 0.5,
    "tunable": {"/fuzzy_match_threshold": {"min": 0.3, "max": 0.6, "step": 0.1}},
    "protected": ["/requires_approval"],
}
NIGHT = make.later(60 * 24)
SERVED = make.later(5)
AIM = Aim(primary=Metric.COST, planned_effect=0.15, minimum_effect=0.02)


def dear(call: Call, _told: OnProgress) -> Reply:
    """Costs as many calls as the threshold is high: a lower one is cheaper, and as good."""
    document: Any = call.constitution.document
    calls = round(100 * document["fuzzy_match_threshold"])
    return Reply(
        output={"found": call.request},
        usage=Usage(tokens_in={}, tokens_out={}, compute_seconds=Decimal(0), api_calls=calls),
    )


def cast(
    answer: work.Answer = dear, *, simulates: bool = True, served: int = 100, law: dict[str, Any] | None = None
) -> make.Cast:
    """A tenant whose payroll agent served so many requests, each with words of its own, and whose nights are to save money."""
    made = make.cast()
    grant_monthly(scope=made.tars, total=Decimal(1000), at=NIGHT)
    set_price(scope=made.tess, measure="api_calls", model="", usd=Decimal("0.001"), at=make.AT)
    furnish(made, answer, simulates=simulates, served=served, law=law)
    nights.change(
        scope=made.bo, reason="Money counts.", changes={"budget_usd": Decimal(100)}, aims={NAME: AIM}, at=make.AT
    )
    return made


def furnish(
    made: make.Cast,
    answer: work.Answer = dear,
    *,
    simulates: bool = True,
    served: int = 100,
    law: dict[str, Any] | None = None,
) -> None:
    """The agent and what it served, in a tenant that there is."""
    register_system(
        scope=made.bo,
        name=NAME,
        type=SystemType.AGENT,
        description="Runs payroll.",
        constitution=law or LAW,
        at=make.AT,
    )
    configure(
        scope=made.bo,
        system_name=NAME,
        deployment_type="local",
        kind="callable",
        target=work.Agent(answer).name,
        simulates_dreams=simulates,
        at=make.AT,
    )
    serve(made, served)


def serve(
    made: make.Cast,
    count: int,
    *,
    first: datetime = SERVED,
    name: str = NAME,
    input: Any = None,
    cost: Decimal | None = None,
) -> list[Execution]:
    """Executions of the agent as they end, one a minute."""
    own = work.system(made.tars, name)
    served = [
        _execution(made, own, number, input, cost, at=first + timedelta(minutes=number)) for number in range(count)
    ]
    with in_tenant(made.tenant.id):
        return Execution.objects.bulk_create(served)


def _execution(
    made: make.Cast, own: System, number: int, input: Any, cost: Decimal | None, *, at: datetime
) -> Execution:
    return Execution(
        id=new_id(at),
        tenant_id=made.tenant.id,
        system=own,
        system_name=own.name,
        user_request=f"Audit the payroll of team {number}",
        input_data=input,
        action="audit",
        routing_path=[],
        steps=[{"step": "received", "channel": "api"}],
        governance_check={"outcome": "permit"},
        status="success",
        cost_usd=cost,
        started_at=at,
        completed_at=at + timedelta(seconds=1),
        requested_by="bo@example.org",
        last_accessed_at=at,
    )


def planned(made: make.Cast, *, at: datetime = NIGHT, **more: Any) -> DreamCycle:
    return planning.plan(scope=made.tars, system_name=NAME, at=at, **{"seed": 7, **more})


def ran(
    made: make.Cast,
    cycle: DreamCycle,
    *,
    progress: Callable[..., None] = lambda *_: None,
    at: datetime | None = None,
    **more: Any,
) -> DreamCycle:
    """One part of the night's job."""
    begins = at or cycle.starts_at + timedelta(minutes=1)
    attempt = Run(
        job_id=uuid4(),
        scope=made.tars,
        payload={"cycle": str(cycle.id), "part": 1},
        attempt=1,
        at=begins,
        progress=progress,
    )
    running.work(attempt, clock=lambda: begins, **more)
    return now(made, cycle)


def now(made: make.Cast, cycle: DreamCycle) -> DreamCycle:
    with in_tenant(made.tenant.id):
        return DreamCycle.objects.select_related("system").get(id=cycle.id)


def dreams(made: make.Cast, cycle: DreamCycle) -> list[Dream]:
    with in_tenant(made.tenant.id):
        return list(Dream.objects.select_related("proposal").filter(night=cycle).order_by("number"))


def runs(made: make.Cast, cycle: DreamCycle) -> list[DreamRun]:
    with in_tenant(made.tenant.id):
        return list(DreamRun.objects.filter(night=cycle).order_by("id"))


def system(made: make.Cast) -> System:
    return work.system(made.tars, NAME)


def moved(made: make.Cast, *, at: datetime, name: str = NAME, **fields: Any) -> None:
    """The agent's constitution moves on by an ordinary amendment."""
    proposal = amendments.propose(
        scope=made.bo,
        system_name=name,
        type=AmendmentType.MANUAL_UPDATE,
        basis=Basis.ORDINARY,
        constitution={**work.system(made.tars, name).constitution, **(fields or {"latency_target_ms": 300})},
        evidence={"reason": "Faster."},
        at=at,
    )
    approved(made, proposal, at=at)


def approved(made: make.Cast, proposal: AmendmentProposal, *, at: datetime) -> None:
    """Everybody who has to says yes."""
    for scope in (made.cy, made.ada):
        if make.state_of(scope, proposal) == Amended.PROPOSED:
            make.approve(scope, proposal, at=at)
    assert make.state_of(made.bo, proposal) == Amended.APPLIED


def called_off(*_: Any) -> None:
    """A job's progress that ends it after its first block."""
    raise Cancelled


def telling(call: Call, told: OnProgress) -> Reply:
    """As dear, and its answer says by what it matched, so that no two are the same."""
    document: Any = call.constitution.document
    found = dear(call, told)
    return replace(found, output={"found": call.request, "matched_at": str(document["fuzzy_match_threshold"])})


WORDS: dict[str, Any] = {
    **LAW,
    "covenant": "Be brief.",
    "tunable": {"/covenant": {"values": ["Be brief.", "Say everything."]}},
}


def wordy(call: Call, told: OnProgress) -> Reply:
    """Answers in the words of its covenant; one of them costs less."""
    document: Any = call.constitution.document
    return _worded(call, calls=50 if document["covenant"] == "Be brief." else 30)


def wordy_for_the_same(call: Call, told: OnProgress) -> Reply:
    """Answers in the words of its covenant, and they all cost the same."""
    return _worded(call, calls=50)


def _worded(call: Call, *, calls: int) -> Reply:
    document: Any = call.constitution.document
    how = "All entries were read" if document["covenant"] == "Be brief." else "Each and every entry was read"
    said = f"{call.request}. {how}, and nothing wrong was found in the payroll."
    usage = Usage(tokens_in={}, tokens_out={}, compute_seconds=Decimal(0), api_calls=calls)
    return Reply(output={"said": said}, usage=usage)
