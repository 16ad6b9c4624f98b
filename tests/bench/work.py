"""A request's whole road, in one process and through the real runner.

`overhead`: what TARS adds to a call of the agent, from `handle` to the receipt (bar: 15 ms p50), for a text that was embedded
before and for a new one. `throughput`: requests come at the rate of 100,000 an hour while the runner works; the queue drains.
"""

from __future__ import annotations

import os
import signal
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

import psutil

from tarsweb.embedded.processes import wait_until
from tarsweb.home import Home
from tests.bench.measure import Row, seconds

TIMES = 40
ROUNDS = 5
HOURLY = 100_000
STEADY_SECONDS = float(os.environ.get("BENCH_SECONDS", "20"))
BACKLOG = 300
REPOSITORY = Path(__file__).resolve().parents[2]
RUNNER = """
import django
django.setup()
from routing.connectors import callable_agent
from tests.bench.work import answer
callable_agent.register("bench", answer)
from tarsweb.supervisor.runner import main
main()
"""


def answer(call: Any, told: Any) -> Any:
    """The agent: it answers at once, so that everything measured is TARS."""
    return {"done": call.action}


@dataclass(frozen=True, slots=True)
class Desk:
    """A tenant with money, one agent, and who asks."""

    cast: Any
    system: str = "payroll"


def bench_work(home: Home) -> list[Row]:
    """Overhead in process, then the runner as a process of its own."""
    desk = made_desk()
    return [*_overhead(desk), *_throughput(home, desk)]


def made_desk() -> Desk:
    """A tenant whose agent does payroll, answers at once and costs a little."""
    from django.utils import timezone

    from billing.budgets.actions import set_plan
    from governance.registry.actions import register_system
    from governance.registry.models import SystemType
    from routing.connectors import callable_agent
    from routing.connectors.actions import configure
    from tests import factories as make
    from tests.db.router import desk as router

    cast = make.cast()
    constitution = {"skill": "payroll", "version": "1.0.0", "capabilities": ["payroll", "handle_request"]}
    register_system(
        scope=cast.bo, name="payroll", type=SystemType.AGENT, description="Runs payroll.", constitution=constitution, at=make.AT
    )  # fmt: skip
    callable_agent.register("bench", answer)
    configure(
        scope=cast.bo, system_name="payroll", deployment_type="local", kind="callable", target="bench", most_at_once=100,
        maximums={"usd_budget": "0.001"}, at=make.AT,
    )  # fmt: skip
    set_plan(scope=cast.tess, resource_type="usd_budget", window_type="monthly", total=Decimal(2500), at=timezone.now())
    router.written(cast.bo, "Run payroll", "payroll")
    router.embedded(cast)
    return Desk(cast)


def _overhead(desk: Desk) -> list[Row]:
    from django.utils import timezone

    from routing.embeddings.choice import current
    from routing.executions import work
    from routing.executions.actions import handle

    serial = iter(range(10**9))

    def whole(text: str) -> None:
        request = handle(scope=desk.cast.mel, text=text, at=timezone.now())
        work.advance(tenant_id=desk.cast.tenant.id, request_id=request.id)

    def new() -> None:
        whole(f"Run payroll for month {next(serial)}")

    for _ in range(10):
        new(), whole("Run payroll")
    known_ms, new_ms, embed_ms = [], [], []
    for _ in range(ROUNDS):
        known_ms += [seconds(lambda: whole("Run payroll")) * 1000 for _ in range(TIMES)]
        new_ms += [seconds(new) * 1000 for _ in range(TIMES)]
        embed_ms += [
            seconds(lambda: current().embed([f"Run the payroll of {next(serial)}"])) * 1000 for _ in range(TIMES)
        ]
    direct = statistics.median(seconds(lambda: answer(_Called(), None)) * 1000 for _ in range(TIMES))
    _assert_done(desk)
    rows = []
    for name, found in (("a text embedded before", known_ms), ("a new text", new_ms)):
        over = statistics.median(found) - direct
        detail = (
            f"p50 {over:.1f} ms, p95 {_p95(found):.1f} ms, least {min(found):.1f} ms; "
            f"embedding alone {statistics.median(embed_ms):.1f} ms"
        )
        rows.append(Row(f"handle to receipt over a direct call, {name}: p50 against 15 ms", over / 15, "≤ 1", detail))
    return rows


@dataclass(frozen=True, slots=True)
class _Called:
    action: str = "payroll"


def _throughput(home: Home, desk: Desk) -> list[Row]:
    from django.utils import timezone

    from routing.executions.actions import handle

    serial = iter(range(10**9))

    def ask() -> None:
        handle(scope=desk.cast.mel, text=f"Run payroll, part {next(serial)}", at=timezone.now())

    for _ in range(BACKLOG):
        ask()
    with runner(home) as child:
        assert wait_until(lambda: _waiting(desk) <= BACKLOG - 20, seconds=60, every=0.02), "the runner did not begin"
        left, began, used = _waiting(desk), time.perf_counter(), _processor(home, child.pid)
        assert wait_until(lambda: _waiting(desk) == 0, seconds=120, every=0.02), f"{_waiting(desk)} are left"
        drained = left / (time.perf_counter() - began)
        own, server = (
            (after - before) * 1000 / left for before, after in zip(used, _processor(home, child.pid), strict=True)
        )
        most, handed = 0, 0
        began = time.perf_counter()
        while (elapsed := time.perf_counter() - began) < STEADY_SECONDS:
            if handed < elapsed * HOURLY / 3600:
                ask()
                handed += 1
                most = max(most, _waiting(desk)) if handed % 20 == 0 else most
            else:
                time.sleep(0.002)
        left = _waiting(desk)
        ended = time.perf_counter()
        assert wait_until(lambda: _waiting(desk) == 0, seconds=120, every=0.02), f"{_waiting(desk)} are left"
        rest = time.perf_counter() - ended
    _assert_done(desk)
    steady = (handed - left) / (ended - began)
    return [
        Row(
            f"the runner, {HOURLY:,} an hour handed in beside it: rate of those done against that",
            steady * 3600 / HOURLY,
            "≥ 0.98",
            f"{handed} in {ended - began:.0f} s, never more than {most} waiting, {left} at the end, gone after {rest:.2f} s",
        ),
        Row(
            f"the runner on a backlog: rate against {HOURLY:,} an hour",
            drained * 3600 / HOURLY,
            "≥ 1",
            f"{drained * 3600:,.0f} an hour, {BACKLOG} waiting at the start; processor time of one: {own:.1f} ms in the runner, "
            f"{server:.1f} ms in Postgres",
        ),
    ]


@contextmanager
def runner(home: Home) -> Iterator[subprocess.Popen[bytes]]:
    """The real runner as a child, with the bench's agent registered in it."""
    log = (home.path / "runner.log").open("ab")
    child = subprocess.Popen(
        [sys.executable, "-c", RUNNER], cwd=REPOSITORY, stdout=log, stderr=log, env=dict(os.environ)
    )
    try:
        yield child
    finally:
        child.send_signal(signal.SIGTERM)
        child.wait(timeout=30)
        log.close()


def _processor(home: Home, pid: int) -> tuple[float, float]:
    """Seconds of processor time so far: of the runner, and of the database's server with its backends."""
    root = Path(home.state()["cluster"]) / "data" / "postmaster.pid"
    server = psutil.Process(int(root.read_text().splitlines()[0]))
    return _seconds(psutil.Process(pid)), sum(map(_seconds, [server, *server.children()]))


def _seconds(process: psutil.Process) -> float:
    times = process.cpu_times()
    return float(times.user + times.system)


def _waiting(desk: Desk) -> int:
    from governance.tenancy import in_tenant
    from routing.executions.models import DueRequest

    with in_tenant(desk.cast.tenant.id):
        return DueRequest.objects.filter(tenant_id=desk.cast.tenant.id).count()


def _assert_done(desk: Desk) -> None:
    """Everything that was handed in succeeded, and left nothing behind."""
    from governance.tenancy import in_tenant
    from routing.executions.models import Execution, ExecutionRequest, Receipt

    with in_tenant(desk.cast.tenant.id):
        asked = ExecutionRequest.objects.count()
        done = Execution.objects.filter(status="success").count()
        assert (asked, Receipt.objects.count()) == (done, done), (asked, done)


def _p95(found: list[float]) -> float:
    return sorted(found)[int(len(found) * 0.95)]
