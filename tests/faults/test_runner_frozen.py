"""A runner that stands still while its agent works: the next one carries on, and what the first hears later is thrown away."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path

import pytest

from governance.tenancy import in_tenant
from routing.connectors.contract import Call, OnProgress, Reply
from routing.executions.models import Execution, Receipt
from routing.executions.runner import Runner
from routing.executions.stages import Stage
from tarsweb.embedded.processes import wait_until
from tests import factories as make
from tests.db.budgets.money import planned, stand
from tests.db.routing.executions import desk
from tests.faults.killing import forked
from tests.faults.test_runner_killed import Deeds, demand_ledger, demand_sums

pytestmark = pytest.mark.usefixtures("database")


class Slow(Deeds):
    """Does its deed at once and answers once it may."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder / "deeds")
        self.may_answer = folder / "may-answer"

    def do(self, call: Call, told: OnProgress) -> Reply:
        return self._slowly(super().do(call, told))

    def do_once(self, call: Call, told: OnProgress) -> Reply:
        return self._slowly(super().do_once(call, told))

    def _slowly(self, reply: Reply) -> Reply:
        assert wait_until(self.may_answer.exists, seconds=60, every=0.02)
        return reply


@pytest.fixture
def slow(tmp_path: Path) -> Slow:
    return Slow(tmp_path)


@pytest.fixture
def cast() -> make.Cast:
    found = make.cast()
    planned(found, "10")
    return found


@pytest.mark.parametrize("knows", [True, False], ids=["agent that knows repeats", "agent that does not"])
def test_runner__frozen_in_a_call__the_next_one_carries_on_once(knows: bool, cast: make.Cast, slow: Slow) -> None:
    deed = slow.do_once if knows else slow.do
    desk.agent(cast, "payroll", deed, may_repeat=knows, maximums={"usd_budget": "1"})
    request = desk.asked(cast.mel, system="payroll")
    with _frozen(slow):
        slow.may_answer.touch()
        for minute in (6, 7, 8):
            runner = Runner(threads=2, clock=partial(make.later, minute))
            while runner.turn():
                pass
        assert desk.now(cast.mel, request.id).stage == Stage.DONE.value
        before = desk.execution(cast.mel, request.id)
    after = desk.execution(cast.mel, request.id)
    assert after.steps == before.steps and after.status == before.status == ("success" if knows else "failed")
    assert slow.counts() == {str(request.id): 1}
    with in_tenant(cast.tenant.id):
        assert (Execution.objects.count(), Receipt.objects.count()) == (1, 1)
    assert stand(cast)[:2] == ("1", "0")
    demand_sums(cast)
    demand_ledger(cast, at=make.later(9))


@contextmanager
def _frozen(slow: Slow) -> Iterator[None]:
    """A runner in a process of its own that is stopped in its call, and goes on in the end."""
    child = forked(Runner(threads=1, clock=lambda: make.later(5)).turn)
    assert wait_until(lambda: bool(slow.counts()), seconds=60, every=0.02)
    os.kill(child, signal.SIGSTOP)
    try:
        yield
    finally:
        os.kill(child, signal.SIGCONT)
        _, status = os.waitpid(child, 0)
    assert os.WEXITSTATUS(status) == 0
