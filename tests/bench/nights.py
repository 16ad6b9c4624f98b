"""A whole night against its bar: 50 candidates on 200 pairs with a real local agent, in under ten minutes on two cores.

Nothing that is tried changes anything, so nobody is stopped early: the longest night that the plan allows on its seen part.
"""

from __future__ import annotations

import time
from datetime import timedelta
from decimal import Decimal
from typing import Any, Final

from tarsweb.home import Home
from tests.bench.measure import Row

CANDIDATES: Final = 50
PAIRS: Final = 200
BAR: Final = 600.0
LAW: Final[dict[str, Any]] = {
    "skill": "domicile",
    "version": "1.0.0",
    "capabilities": ["audit", "upload_payroll_entries"],
    "latency_target_ms": 500,
    "tunable": {"/latency_target_ms": {"min": 200, "max": 800, "step": 5}},
}
INPUT: Final = {
    "entries": [{"employee_id": "12345", "date": "2026-01-27", "amount": "4250.00", "source_file": "a.pdf"}]
}


def bench_nights(home: Home) -> list[Row]:
    """The payroll agent in a process of its own, over the Model Context Protocol; then one function in this process."""
    from tests import factories as make
    from tests.db.dreams import desk
    from tests.db.routing.executions import desk as work

    found = []
    for name, what in (("domicile", "the local payroll agent (MCP)"), ("payroll", "a function")):
        cast = make.cast()
        if name == "domicile":
            work.payroll(cast)
            kept = {key: LAW[key] for key in ("latency_target_ms", "tunable")}
            desk.moved(cast, at=make.AT, name=name, **kept)
        else:
            desk.furnish(cast, lambda call, _told: {"done": call.action}, served=0, law={**LAW, "skill": "payroll"})
        found.append(_night(cast, name, what))
    return found


def _night(cast: Any, name: str, what: str) -> Row:
    from dreams.cycles import planning, running, settings
    from dreams.cycles.choices import Aim
    from dreams.cycles.models import DreamCycle, DreamRun
    from dreams.verdict.observed import Metric
    from governance.jobs.handlers import Run
    from governance.tenancy import in_tenant
    from tests import factories as make
    from tests.db.dreams import desk

    aim = Aim(primary=Metric.DURATION, planned_effect=0.05, minimum_effect=0.02)
    settings.change(
        scope=cast.bo,
        changes={"most_candidates": CANDIDATES, "budget_usd": Decimal(0)},
        aims={name: aim},
        reason="A long night.",
        at=make.AT,
    )
    desk.serve(cast, 3 * PAIRS, name=name, input=INPUT)
    cycle = planning.plan(scope=cast.tars, system_name=name, at=desk.NIGHT, seed=1)
    begins = cycle.starts_at + timedelta(minutes=1)
    run = Run(cycle.id, cast.tars, {"cycle": str(cycle.id), "part": 1}, 1, begins, lambda *_: None)
    started = time.perf_counter()
    running.work(run, clock=lambda: begins)
    took = time.perf_counter() - started
    with in_tenant(cast.tenant.id):
        ended = DreamCycle.objects.get(id=cycle.id)
        well = DreamRun.objects.filter(night=cycle, ran__status="completed").count()
        agents = (
            sum(
                sum(hop["ms"] for hop in ran["hops"])
                for ran in DreamRun.objects.filter(night=cycle).values_list("ran", flat=True)
            )
            / 1e3
        )
    return Row(
        f"a night of {CANDIDATES} candidates and {PAIRS} pairs, {what}, over 10 minutes",
        took / BAR,
        "≤ 1",
        f"{took:.0f} s for {ended.runs:,} runs, {well:,} well; {took / max(ended.runs, 1) * 1e3:.1f} ms each, of which the agent "
        f"{agents / max(ended.runs, 1) * 1e3:.1f}; {ended.state} {ended.stop_code}",
    )
