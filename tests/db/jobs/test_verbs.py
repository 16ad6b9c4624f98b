"""Cancel and retry: by who asked, or by who manages programs."""

from __future__ import annotations

from uuid import uuid4

import pytest

from governance.errors import NotAllowed, NotFound
from governance.jobs import actions, handlers
from governance.jobs.attempts import attempt
from governance.jobs.errors import JobNotOver, JobOver, JobStays
from governance.jobs.models import Job
from governance.tenancy import in_tenant
from tests import factories as make

AT = make.AT


@pytest.fixture
def cast() -> make.Cast:
    return make.cast()


def job_of(scope: make.Scope, *, key: str = "one") -> Job:
    with in_tenant(scope.tenant_id):
        return actions.start(scope=scope, kind="unknown", key=key, title="Export", payload={}, at=AT)


def dead(scope: make.Scope) -> Job:
    job = job_of(scope)
    assert attempt(tenant_id=scope.tenant_id, job_id=job.id, clock=lambda: AT) == "dead"
    return job


def test_cancel__waiting_job__never_runs(cast: make.Cast) -> None:
    job = job_of(cast.ada)
    assert actions.cancel(scope=cast.ada, job_id=job.id, at=AT).state == "cancelled"
    assert attempt(tenant_id=cast.tenant.id, job_id=job.id, clock=lambda: AT) == "nothing to do"


def test_cancel__twice__says_that_it_has_ended(cast: make.Cast) -> None:
    job = job_of(cast.ada)
    actions.cancel(scope=cast.ada, job_id=job.id, at=AT)
    with pytest.raises(JobOver, match="ended already"):
        actions.cancel(scope=cast.ada, job_id=job.id, at=AT)


def test_retry__dead_job__has_all_its_attempts_again(cast: make.Cast) -> None:
    job = dead(cast.ada)
    again = actions.retry(scope=cast.ada, job_id=job.id, at=make.later())
    assert (again.state, again.attempt, again.due_at) == ("queued", 0, make.later())


def test_retry__job_that_has_not_ended__refused(cast: make.Cast) -> None:
    job = job_of(cast.ada)
    with pytest.raises(JobNotOver, match="is queued"):
        actions.retry(scope=cast.ada, job_id=job.id, at=AT)


def test_somebody_elses__programs_manager_may_and_an_auditor_may_not(cast: make.Cast) -> None:
    job = job_of(cast.ada)
    with pytest.raises(NotAllowed):
        actions.cancel(scope=cast.uma, job_id=job.id, at=AT)
    assert actions.cancel(scope=cast.tess, job_id=job.id, at=AT).state == "cancelled"


def test_member__does_not_learn_of_somebody_elses(cast: make.Cast) -> None:
    job = job_of(cast.ada)
    with pytest.raises(NotFound):
        actions.cancel(scope=cast.mel, job_id=job.id, at=AT)


def test_stranger_and_nobodys_id__not_found(cast: make.Cast) -> None:
    job = job_of(cast.ada)
    for verb in (actions.cancel, actions.retry):
        with pytest.raises(NotFound):
            verb(scope=make.stranger(), job_id=job.id, at=AT)
        with pytest.raises(NotFound):
            verb(scope=cast.ada, job_id=uuid4(), at=AT)


def test_cancel__of_what_the_record_rests_on__refused(cast: make.Cast) -> None:
    handlers.register("for-the-record", lambda run: {}, can_stop=False)
    with in_tenant(cast.tenant.id):
        job = actions.start(scope=cast.tess, kind="for-the-record", key="r", title="End it", payload={}, at=AT)
    with pytest.raises(JobStays, match="for the record"):
        actions.cancel(scope=cast.tess, job_id=job.id, at=AT)
