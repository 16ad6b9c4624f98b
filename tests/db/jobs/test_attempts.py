"""One attempt of a job, whatever the handler does. The clock is the test's."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from django_q.models import OrmQ

from governance.errors import DomainError, Invalid
from governance.jobs import actions, handlers
from governance.jobs.attempts import LEASE, attempt, wait_after
from governance.jobs.models import Job
from governance.jobs.tasks import wake_due
from governance.tenancy import in_tenant
from tests import factories as make
from tests.db.amendments.desk import at_once

AT = make.AT


class OutOfOrder(DomainError):
    status = 503


@pytest.fixture
def cast() -> make.Cast:
    return make.cast()


@pytest.fixture
def kind() -> Iterator[Callable[[handlers.Handler], str]]:
    def register(handler: handlers.Handler) -> str:
        handlers.register("test", handler)
        return "test"

    yield register
    handlers._handlers.pop("test", None)


def started(cast: make.Cast, *, key: str = "one", **options: Any) -> Job:
    with in_tenant(cast.tenant.id):
        return actions.start(
            scope=cast.bo, kind="test", key=key, title="Count", payload={"n": 3}, at=options.pop("at", AT), **options
        )


def again(job: Job) -> Job:
    with in_tenant(job.tenant_id):
        return Job.objects.get(id=job.id)


def run(job: Job, *, at: datetime = AT) -> str:
    return attempt(tenant_id=job.tenant_id, job_id=job.id, clock=lambda: at)


def test_start__same_key__is_the_same_job_and_one_message(cast: make.Cast) -> None:
    before = OrmQ.objects.count()
    assert started(cast).id == started(cast).id
    assert OrmQ.objects.count() == before + 1


def test_start__verb_rolled_back__leaves_neither_job_nor_message(cast: make.Cast) -> None:
    before = OrmQ.objects.count()
    with pytest.raises(RuntimeError), in_tenant(cast.tenant.id):
        started(cast)
        raise RuntimeError
    with in_tenant(cast.tenant.id):
        assert not Job.objects.exists()
    assert OrmQ.objects.count() == before


def test_run__works_outside_a_transaction_as_tars_of_the_tenant(cast: make.Cast, kind: Any) -> None:
    seen: list[handlers.Run] = []

    def handler(run: handlers.Run) -> dict[str, Any]:
        assert not connection.in_atomic_block
        seen.append(run)
        run.progress(1, 3, "one")
        assert (again(job).progress_done, again(job).message, again(job).state) == (1, "one", "running")
        return {"url": "/x/"}

    kind(handler)
    job = started(cast)
    assert run(job) == "done"
    assert seen[0].scope.actor.is_tars and seen[0].scope.tenant_id == cast.tenant.id
    assert seen[0].payload == {"n": 3} and seen[0].attempt == 1
    done = again(job)
    assert (done.result, done.progress_done, done.finished_at, done.lease_until) == ({"url": "/x/"}, 3, AT, None)


def test_run__second_message__does_nothing(cast: make.Cast, kind: Any) -> None:
    calls: list[int] = []
    kind(lambda run: calls.append(1) or {})
    job = started(cast)
    assert [run(job), run(job)] == ["done", "nothing to do"]
    assert calls == [1]


def test_run__two_workers_at_once__one_works(cast: make.Cast, kind: Any) -> None:
    calls: list[int] = []

    def handler(run: handlers.Run) -> dict[str, Any]:
        calls.append(1)
        # The other one has had its turn when this one ends: it looks while the lock is held.
        told.append(at_once([lambda: attempt(tenant_id=job.tenant_id, job_id=job.id, clock=lambda: AT + 2 * LEASE)]))
        return {}

    told: list[Any] = []
    kind(handler)
    job = started(cast)
    assert run(job) == "done"
    assert calls == [1]
    assert told[0][0].result == "somebody has it"


def test_run__before_its_time__waits_for_the_sweep(cast: make.Cast, kind: Any) -> None:
    kind(lambda run: {})
    before = OrmQ.objects.count()
    job = started(cast, due_at=AT + timedelta(hours=1))
    assert OrmQ.objects.count() == before
    assert run(job) == "nothing to do"
    assert wake_due(tenant_id=cast.tenant.id, at=AT) == 0
    assert wake_due(tenant_id=cast.tenant.id, at=AT + timedelta(hours=1)) == 1
    assert wake_due(tenant_id=cast.tenant.id, at=AT + timedelta(hours=1)) == 0, "it has its message"
    assert run(job, at=AT + timedelta(hours=1)) == "done"


def test_failure__waits_longer_each_time_and_then_is_dead_with_its_reason(cast: make.Cast, kind: Any) -> None:
    def handler(run: handlers.Run) -> dict[str, Any]:
        raise ConnectionError("postgres://tars:hunter22@db/tars did not answer")

    kind(handler)
    job, at = started(cast), AT
    for number in (1, 2):
        assert run(job, at=at) == "queued"
        assert again(job).due_at == at + wait_after(number)
        assert run(job, at=at) == "nothing to do"
        at = again(job).due_at
        assert wake_due(tenant_id=cast.tenant.id, at=at) == 1
    assert run(job, at=at) == "dead"
    assert again(job).error == "ConnectionError: postgres://[hidden]@db/tars did not answer"
    assert again(job).attempt == 3


@pytest.mark.parametrize(
    ("error", "state"),
    [
        (Invalid("The table is empty."), "dead"),
        (handlers.GiveUp("The file is gone."), "dead"),
        (OutOfOrder("The mail server rests."), "queued"),
    ],
)
def test_refusal__is_an_answer_unless_something_is_out_of_order(
    error: Exception, state: str, cast: make.Cast, kind: Any
) -> None:
    def handler(run: handlers.Run) -> dict[str, Any]:
        raise error

    kind(handler)
    job = started(cast)
    assert run(job) == state
    assert again(job).error == str(error)


def test_unknown_kind__is_dead_with_a_sentence(cast: make.Cast) -> None:
    job = started(cast)
    assert run(job) == "dead"
    assert again(job).error == "Nothing here runs jobs of the kind test."


def test_worker_died__lease_runs_out_and_another_attempt_begins(cast: make.Cast, kind: Any) -> None:
    def handler(run: handlers.Run) -> dict[str, Any]:
        if run.attempt == 1:
            raise SystemExit
        return {}

    kind(handler)
    job = started(cast)
    with pytest.raises(SystemExit):
        run(job)
    assert again(job).state == "running"
    assert wake_due(tenant_id=cast.tenant.id, at=AT + LEASE - timedelta(seconds=1)) == 0
    assert wake_due(tenant_id=cast.tenant.id, at=AT + LEASE) == 1
    assert run(job, at=AT + LEASE) == "done"
    assert again(job).attempt == 2


def test_worker_died_on_the_last_attempt__dead(cast: make.Cast, kind: Any) -> None:
    def handler(run: handlers.Run) -> dict[str, Any]:
        raise SystemExit

    kind(handler)
    job = started(cast, max_attempts=1)
    with pytest.raises(SystemExit):
        run(job)
    assert run(job, at=AT + LEASE) == "dead"
    assert "without saying why" in again(job).error


def test_attempt_that_lost_its_lease__keeps_nothing(cast: make.Cast, kind: Any) -> None:
    def handler(run: handlers.Run) -> dict[str, Any]:
        with in_tenant(job.tenant_id):
            Job.objects.filter(id=job.id).update(attempt=2)
        run.progress(1)
        raise AssertionError("not reached")

    kind(handler)
    job = started(cast)
    assert run(job) == "superseded"
    assert (again(job).state, again(job).progress_done) == ("running", 0)


def test_cancel_while_running__stops_at_the_next_step(cast: make.Cast, kind: Any) -> None:
    steps: list[int] = []

    def handler(run: handlers.Run) -> dict[str, Any]:
        for number in range(5):
            steps.append(number)
            if number == 2:
                actions.cancel(scope=cast.bo, job_id=job.id, at=AT)
            run.progress(number, 5)
        return {}

    kind(handler)
    job = started(cast)
    assert run(job) == "cancelled"
    assert steps == [0, 1, 2]


def test_end__listeners_are_told_inside_the_same_transaction(cast: make.Cast, kind: Any) -> None:
    told: list[tuple[str, bool]] = []

    def listener(scope: Any, job: Job, at: datetime) -> None:
        told.append((job.state, connection.in_atomic_block))

    handlers.on_end(listener)
    try:
        kind(lambda run: {})
        run(started(cast))
    finally:
        handlers._listeners.remove(listener)
    assert told == [("done", True)]
