"""Faults 2 and 5: web workers and task workers are killed at random points; a key has one effect, however often it is sent.

Seeded: some kills here, hundreds with `TARS_PROOF=full` (`make proof`), the same code.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import timedelta
from functools import partial
from pathlib import Path
from random import Random
from threading import Barrier, Thread
from typing import Any

import pytest
from django.db import connections
from django.db.models import Count

from billing.budgets.actions import expire_due, release, seal_due
from billing.budgets.models import BudgetMove, HoldState, Reservation, Resource
from governance.audit.source import stream
from governance.audit.verify import verify
from governance.idempotency.models import IdempotencyKey
from governance.ledger.models import LedgerEntry
from governance.scope import Capability
from governance.tenancy import in_tenant
from governance.web import now
from routing.executions import work
from routing.executions.models import Execution, ExecutionRequest, Receipt
from routing.executions.sealing import seal_receipts
from tests import factories as make
from tests.db.budgets.money import held, planned
from tests.db.routing.executions import desk
from tests.faults.killing import FULL, killed
from tests.flows.api.programs import Program, issued

pytestmark = [pytest.mark.usefixtures("database"), pytest.mark.proof]

SEEDS = 25 if FULL else 2
KEYS = 4
KILLS = 2
EVENTS = 30
"""About as many as one request of the API has."""
SENT_AT_ONCE = 50


class Caller:
    """A program that sends one request under one key until it is answered, whatever dies meanwhile."""

    def __init__(self, cast: make.Cast, number: int, answer: Path) -> None:
        self.key, self.answer = f"key-{number}", answer
        self.tenant_id = cast.tenant.id
        self.secret = issued(cast.bo, Capability.REQUEST, Capability.SPEND, Capability.READ_RECORD).secret
        wish: dict[str, Any] = {"system": cast.system.name, "key": self.key, "amounts": {"usd_budget": "1"}}
        hold, execution = ("holds/", wish), ("executions/", {"text": "Run payroll", "system": "payroll"})
        self.path, self.body = hold if number % 2 else execution

    def send(self) -> bytes:
        response = Program(self.secret).post(self.path, self.body, **{"Idempotency-Key": self.key})
        assert response.status_code in {201, 202}, response.content
        return bytes(response.content)

    def send_to_file(self) -> None:
        """In the child: what was answered outlives it."""
        self.answer.write_bytes(self.send())

    def wait(self) -> None:
        """As after the time for which a dead request keeps its key."""
        with in_tenant(self.tenant_id):
            IdempotencyKey.objects.filter(status=None).update(locked_until=now() - timedelta(seconds=1))


@pytest.fixture
def cast() -> make.Cast:
    found = make.cast()
    planned(found, "100", at=now())
    desk.agent(found, "payroll", maximums={"usd_budget": "1"})
    Program("none").get("holds/")  # what is imported with the first request is imported here, not in every child
    return found


@pytest.mark.parametrize("seed", range(SEEDS))
def test_web_worker__killed_at_random_points__a_key_has_one_effect(seed: int, cast: make.Cast, tmp_path: Path) -> None:
    chance = Random(seed)
    callers = [Caller(cast, number, tmp_path / str(number)) for number in range(KEYS)]
    for caller in callers:
        for _ in range(KILLS):
            killed(caller.send_to_file, last=chance.randint(1, EVENTS))
            _demand_conserved(cast)
            caller.wait()
        told = {caller.send(), caller.send()} | ({caller.answer.read_bytes()} if caller.answer.exists() else set())
        assert len(told) == 1
    with in_tenant(cast.tenant.id):
        assert ExecutionRequest.objects.count() == KEYS // 2
        assert Reservation.objects.count() == BudgetMove.objects.count() == KEYS // 2
        ids = list(ExecutionRequest.objects.values_list("id", flat=True))
    for id in ids:
        work.advance(tenant_id=cast.tenant.id, request_id=id)
    with in_tenant(cast.tenant.id):
        assert Execution.objects.filter(status="success").count() == Receipt.objects.count() == KEYS // 2
    _demand_conserved(cast)


def test_web_worker__killed_and_nobody_asks_again__its_hold_returns_with_the_next_sweep(
    cast: make.Cast, tmp_path: Path
) -> None:
    caller = Caller(cast, 1, tmp_path / "answer")
    (hold,) = _killed_after(caller, partial(_held, cast))
    assert expire_due(scope=cast.tars, at=hold.expires_at) == 1
    assert not _held(cast)
    _demand_conserved(cast)


def test_key__after_a_crash_fifty_times_at_once__one_execution_one_hold_fifty_identical_bodies(
    cast: make.Cast, tmp_path: Path
) -> None:
    caller = Caller(cast, 0, tmp_path / "answer")
    _killed_after(caller, partial(_asked, cast))
    bodies, line = [], Barrier(SENT_AT_ONCE)

    def send() -> None:
        try:
            line.wait(60)
            bodies.append(caller.send())
        finally:
            connections.close_all()

    threads = [Thread(target=send) for _ in range(SENT_AT_ONCE)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert (len(bodies), len(set(bodies))) == (SENT_AT_ONCE, 1)
    (request,) = _asked(cast)
    assert str(request.id) == json.loads(bodies[0])["id"]
    work.advance(tenant_id=cast.tenant.id, request_id=request.id)
    with in_tenant(cast.tenant.id):
        assert (Execution.objects.count(), Receipt.objects.count(), Reservation.objects.count()) == (1, 1, 1)
    other = Program(caller.secret).post("executions/", {"text": "Something else"}, **{"Idempotency-Key": caller.key})
    assert other.status_code == 422


@pytest.mark.parametrize("seed", range(SEEDS * 2))
def test_task_worker__killed_at_random_points__seals_and_sweeps_once(seed: int, cast: make.Cast) -> None:
    """As the worker does it each minute: receipts anchored, movements sealed, dead holds given back."""
    chance, at = Random(seed), now()
    for number in range(3):
        held(cast, at=at, key=str(number))
        release(scope=cast.bo, hold_id=held(cast, at=at, key=f"{number}r").id, because="", at=at)
        desk.done(cast.mel, f"Run payroll {number}", system="payroll")
    later = at + timedelta(hours=2)

    def minute() -> None:
        seal_receipts(scope=cast.tars, at=later)
        expire_due(scope=cast.tars, at=later)
        seal_due(scope=cast.tars, at=later)

    for _ in range(KILLS):
        killed(minute, last=chance.randint(1, 60))
        _demand_conserved(cast)
    killed(minute)
    with in_tenant(cast.tenant.id):
        assert not Reservation.objects.filter(state=HoldState.HELD).exists()
        assert not BudgetMove.objects.filter(sealed_in=None).exists()
        assert not Receipt.objects.filter(sealed_in=None).exists()
        sealed = LedgerEntry.objects.filter(action_name="executions.receipts_sealed").count()
        assert sealed == Receipt.objects.values("sealed_in").distinct().count()
        twice = BudgetMove.objects.values("reservation", "kind").annotate(times=Count("id")).filter(times__gt=1)
        assert not twice.exists()
        report = verify(stream(cast.tenant.id))
    assert report.is_verified, report.findings


def _killed_after(caller: Caller, effect: Callable[[], list[Any]]) -> list[Any]:
    """Kill ever later, until the effect was committed and nobody was told."""
    for last in range(14, 3 * EVENTS, 2):
        assert killed(caller.send_to_file, last=last)
        caller.wait()
        if found := effect():
            return found
    raise AssertionError("no kill came after the effect")


def _asked(cast: make.Cast) -> list[ExecutionRequest]:
    with in_tenant(cast.tenant.id):
        return list(ExecutionRequest.objects.all())


def _held(cast: make.Cast) -> list[Reservation]:
    with in_tenant(cast.tenant.id):
        return list(Reservation.objects.filter(state=HoldState.HELD))


def _demand_conserved(cast: make.Cast) -> None:
    with in_tenant(cast.tenant.id):
        for budget in Resource.objects.all():
            assert budget.used + budget.reserved + budget.available == budget.total_budget
            assert budget.available >= 0
