"""The runner claims what is due, works with threads, wakes at once and stops."""

from __future__ import annotations

from threading import Barrier, Event, Thread
from typing import Any

import pytest
from django.db import connection

from governance.tenancy import in_tenant
from routing.connectors.contract import Call, OnProgress
from routing.executions.models import DueRequest
from routing.executions.runner import Runner
from routing.executions.stages import Stage
from tests import factories as make
from tests.db.routing.executions import desk

pytestmark = pytest.mark.usefixtures("database")


@pytest.fixture
def cast() -> make.Cast:
    return make.cast()


def test_turn__works_on_as_many_at_once_as_it_has_threads(cast: make.Cast) -> None:
    together = Barrier(4, timeout=20)

    def answer(_call: Call, _told: OnProgress) -> Any:
        together.wait()
        return {}

    desk.agent(cast, "payroll", answer)
    runner = Runner(threads=4)
    desk.forget_what_is_due()
    requests = [desk.asked(cast.mel, system="payroll") for _ in range(4)]
    assert runner.turn() == 4
    assert {desk.execution(cast.mel, request.id).status for request in requests} == {"success"}


def test_run__wakes_when_a_request_is_taken_on__and_stops(cast: make.Cast) -> None:
    called = Event()

    def answer(_call: Call, _told: OnProgress) -> Any:
        called.set()
        return {}

    desk.agent(cast, "payroll", answer)
    runner = Runner(threads=2)
    thread = Thread(target=_run, args=[runner])
    thread.start()
    try:
        request = desk.asked(cast.mel, system="payroll")
        assert called.wait(20)
    finally:
        runner.stop()
        thread.join(20)
    assert not thread.is_alive()
    assert desk.now(cast.mel, request.id).stage in {Stage.ANSWERED.value, Stage.DONE.value}


def test_two_runners__never_take_the_same_request(cast: make.Cast) -> None:
    agent = desk.agent(cast, "payroll", most_at_once=100)
    requests = [desk.asked(cast.mel, system="payroll") for _ in range(12)]
    threads = [Thread(target=_turns, args=[Runner(threads=3)]) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    ids = {str(request.id) for request in requests}
    assert sorted(call.execution_id for call in agent.calls if call.execution_id in ids) == sorted(ids)
    with in_tenant(cast.tenant.id):
        assert not DueRequest.objects.filter(tenant_id=cast.tenant.id).exists()


def _run(runner: Runner) -> None:
    try:
        runner.run()
    finally:
        connection.close()


def _turns(runner: Runner) -> None:
    try:
        while runner.turn():
            pass
    finally:
        connection.close()
