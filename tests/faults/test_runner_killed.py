"""Fault 3: the runner is killed at random points of requests, again and again; nothing is lost and nothing happens twice.

Seeded: some histories here, hundreds with `TARS_PROOF=full` (`make proof`), the same code.
"""

from __future__ import annotations

import fcntl
from collections import Counter
from collections.abc import Callable
from datetime import datetime
from decimal import Decimal
from functools import partial
from pathlib import Path
from random import Random
from typing import Any
from uuid import UUID

import pytest
from django.db.models import Sum

from billing.budgets.actions import seal_due, set_price
from billing.budgets.models import HoldState, Reservation, ReservationLine, Resource
from governance.audit.source import stream
from governance.audit.verify import verify
from governance.rulebook.actions import seal_due as seal_verdicts
from governance.tenancy import in_tenant
from routing.connectors.contract import Call, OnProgress, Reply, Usage
from routing.executions import approving
from routing.executions.models import DueRequest, Execution, ExecutionRequest, Receipt
from routing.executions.runner import Runner
from routing.executions.sealing import seal_receipts
from routing.executions.stages import HOLDS, Stage
from tests import factories as make
from tests.db.budgets.money import planned, stand
from tests.db.routing.executions import desk
from tests.faults.killing import FULL, killed, point

pytestmark = [pytest.mark.usefixtures("database"), pytest.mark.proof]

SEEDS = 100 if FULL else 3
KILLS = 3
REQUESTS = 3
EVENTS = 170
"""About as many as a turn on three requests has."""
MOST_TURNS = 20
PRICE, MAXIMUM = Decimal("0.25"), Decimal(1)


class Deeds:
    """What agents did, in a file that outlives every process: one line a deed, the execution it was for."""

    def __init__(self, path: Path) -> None:
        self.path = path
        path.touch()

    def do(self, call: Call, _told: OnProgress) -> Reply:
        """An agent that does again whatever it is asked again."""
        point.passed()
        self._write(call.execution_id)
        point.passed()
        return self._reply()

    def do_once(self, call: Call, _told: OnProgress) -> Reply:
        """An agent that knows a repeated call by its key."""
        point.passed()
        with self.path.open("r+") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            if call.execution_id not in file.read().split():
                self._write(call.execution_id)
        point.passed()
        return self._reply()

    def counts(self) -> Counter[str]:
        return Counter(self.path.read_text().split())

    def _write(self, line: str) -> None:
        with self.path.open("ab", buffering=0) as file:
            file.write(f"{line}\n".encode())

    @staticmethod
    def _reply() -> Reply:
        return Reply(output={"done": True}, usage=Usage(api_calls=1))


class History:
    """A tenant whose requests are worked on by runners that die."""

    def __init__(self, seed: int, deeds: Deeds) -> None:
        self.chance, self.deeds, self.minutes = Random(seed), deeds, 4.0
        self.cast = make.cast()
        planned(self.cast, "1000")
        set_price(scope=self.cast.tess, measure="api_calls", usd=PRICE, at=make.AT)
        for measure in ("input_tokens", "output_tokens", "compute_seconds"):
            set_price(scope=self.cast.tess, measure=measure, usd=Decimal(0), at=make.AT)
        money = {"maximums": {"usd_budget": str(MAXIMUM)}}
        desk.agent(self.cast, "once", deeds.do, **money)
        desk.agent(self.cast, "knows", deeds.do_once, may_repeat=True, **money)
        desk.agent(self.cast, "asks", deeds.do, approvals=("audit",), **money)
        self.asked = [self._ask(name) for name in ("once", "knows", "asks")[:REQUESTS]]

    def run(self) -> int:
        """Kill runners, let the last one live; how many died."""
        died = 0
        for _ in range(KILLS):
            died += killed(partial(self._turns, self.now), last=self.chance.randint(1, EVENTS))
            self.demand_money_where_it_belongs()
            self._approve()
            self._wait()
        for _ in range(MOST_TURNS):
            killed(partial(self._turns, self.now))
            self._approve()
            self._wait()
            if all(one.stage == Stage.DONE.value for one in self.requests()):
                return died
        raise AssertionError([(one.stage, one.steps[-1]) for one in self.requests()])

    def now(self) -> datetime:
        return make.later(self.minutes)

    def requests(self) -> list[ExecutionRequest]:
        with in_tenant(self.cast.tenant.id):
            return list(ExecutionRequest.objects.select_related("system").order_by("id"))

    def demand_money_where_it_belongs(self) -> None:
        """After a kill: held exactly where a call is open, and never more than there is."""
        with in_tenant(self.cast.tenant.id):
            held = set(Reservation.objects.filter(state=HoldState.HELD).values_list("id", flat=True))
            assert {one.hold_id for one in self.requests() if one.stage in HOLDS} == held
            for budget in Resource.objects.all():
                assert budget.used + budget.reserved + budget.available == budget.total_budget
                assert budget.available >= 0

    def _ask(self, name: str) -> UUID:
        action = "audit" if name == "asks" else ""
        return desk.asked(self.cast.mel, f"Run payroll by {name}", system=name, action=action, at=self.now()).id

    def _turns(self, clock: Callable[[], datetime], *, threads: int = 0) -> None:
        runner = Runner(threads=threads or self.chance.randint(1, 3), clock=clock)
        while runner.turn():
            pass

    def _approve(self) -> None:
        for one in self.requests():
            if one.stage == Stage.AWAITING_APPROVAL.value:
                approving.approve(
                    scope=self.cast.bo,
                    request_id=one.id,
                    digest=desk.question(self.cast.bo, one).digest,
                    confirmation=make.confirmed(self.cast.bo, at=self.now()),
                    at=self.now(),
                )

    def _wait(self) -> None:
        """Longer than a lease and than a pause."""
        self.minutes += 1.5


@pytest.fixture
def deeds(tmp_path: Path) -> Deeds:
    return Deeds(tmp_path / "deeds")


@pytest.mark.parametrize("seed", range(SEEDS))
def test_runner__killed_at_random_points__loses_nothing_and_doubles_nothing(seed: int, deeds: Deeds) -> None:
    history = History(seed, deeds)
    history.run()
    demand_each_once(history)
    demand_sums(history.cast)
    demand_ledger(history.cast, at=history.now())


@pytest.mark.parametrize("seed", range(20 if FULL else 1))
def test_runner__killed_beside_a_real_agent__its_uploads_are_kept_once(seed: int, settings: Any) -> None:
    """TARS's own payroll agent over the Model Context Protocol, a process that dies with the runner."""
    cast, chance, minutes = make.cast(), Random(seed), 4.0
    folder = settings.HOME.path / "agents" / str(cast.tenant.id) / "payroll"
    desk.payroll(cast)
    entry = {
        "employee_id": "E1",
        "employee_name": "Ann",
        "amount": "100.00",
        "date": "2026-01-27",
        "source_file": "a.pdf",
    }
    input = {"entries": [entry], "key": "january"}
    wish = {"system": "domicile", "action": "upload_payroll_entries", "input": input}
    request = desk.asked(cast.mel, "Upload payroll", **wish)

    def turns() -> None:
        runner = Runner(threads=1, clock=lambda: make.later(minutes))
        while runner.turn():
            pass

    killed(turns, last=chance.randint(20, 70))
    while desk.now(cast.mel, request.id).stage != Stage.DONE.value:
        minutes += 1.5
        assert minutes < 30
        killed(turns)
    done = desk.execution(cast.mel, request.id)
    assert done.status == "success", done.error_message
    assert len((folder / "uploads.jsonl").read_text().splitlines()) == 1


def test_kills__reach_every_stage(deeds: Deeds) -> None:
    """Points at which a kill finds nothing to interrupt would prove nothing."""
    wanted, found = {Stage.RECEIVED.value, Stage.CALLING.value}, set[str]()
    for last in range(10, EVENTS, 8 if FULL else 6):
        history = History(0, deeds)
        killed(partial(history._turns, history.now, threads=1), last=last)
        found |= {one.stage for one in history.requests()}
        if wanted <= found and not FULL:
            break
    assert wanted <= found


def demand_each_once(history: History) -> None:
    """One execution and one receipt for each request; a deed for each success, and never two."""
    deeds, scope = history.deeds.counts(), history.cast.mel
    with in_tenant(scope.tenant_id):
        assert not DueRequest.objects.exists()
        assert Execution.objects.count() == Receipt.objects.count() == len(history.asked)
    charged = Decimal(0)
    for request in history.requests():
        done, did = desk.execution(scope, request.id), deeds[str(request.id)]
        assert did <= 1, (did, request.steps)
        if done.status == "success":
            assert did == 1
            charged += PRICE
        else:
            # the process died between the call and its answer, and the agent does not know a repeated call
            assert request.system is not None and request.system.name != "knows", request.steps
            assert done.status == "failed" and "Nobody knows" in (done.error_message or ""), request.steps
            charged += MAXIMUM
    used, reserved, _ = stand(history.cast)
    assert (Decimal(used), reserved) == (charged, "0")


def demand_sums(cast: make.Cast) -> None:
    """Every budget says what its lines say."""
    with in_tenant(cast.tenant.id):
        for budget in Resource.objects.all():
            lines = ReservationLine.objects.filter(resource_id=budget.id)
            assert budget.used == (lines.aggregate(used=Sum("settled"))["used"] or 0)
            assert budget.used + budget.reserved + budget.available == budget.total_budget


def demand_ledger(cast: make.Cast, *, at: datetime) -> None:
    """Everything that was signed is anchored, and the chain is whole."""
    for seal in (seal_receipts, seal_due, seal_verdicts):
        seal(scope=cast.tars, at=at)
    with in_tenant(cast.tenant.id):
        assert not Receipt.objects.filter(sealed_in=None).exists()
        report = verify(stream(cast.tenant.id))
    assert report.is_verified, report.findings
