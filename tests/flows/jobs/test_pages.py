"""Long work as people and programs see it."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django_q.models import Task

from governance.jobs import actions, handlers
from governance.jobs.attempts import attempt
from governance.jobs.models import Job
from governance.notices.models import Notice
from governance.tenancy import in_tenant
from tests import factories as make
from tests.web import client_of


@pytest.fixture
def cast() -> make.Cast:
    return make.cast()


def job_of(scope: make.Scope, *, key: str = "one", kind: str = "unknown", title: str = "Export of the ledger") -> Job:
    with in_tenant(scope.tenant_id):
        return actions.start(scope=scope, kind=kind, key=key, title=title, payload={}, at=make.AT)


def run(job: Job, *, minutes: float = 0) -> str:
    at = make.AT + timedelta(minutes=minutes)
    return attempt(tenant_id=job.tenant_id, job_id=job.id, clock=lambda: at)


def test_list__filters_and_tabs(cast: make.Cast) -> None:
    run(job_of(cast.ada))
    job_of(cast.bo, key="two", title="Verification")
    client = client_of(cast.uma)
    text = client.get("/jobs/").content.decode()
    assert "Export of the ledger" in text and "Verification" in text
    assert "every 4s" in text, "it asks again while a job has not ended"
    dead = client.get("/jobs/?state=dead").content.decode()
    assert "Export of the ledger" in dead and "Verification" not in dead and "every 4s" not in dead
    assert "Nothing fits" in client.get("/jobs/?q=nothing-like-it").content.decode()
    assert "Verification" not in client_of(cast.ada).get("/jobs/?mine=on").content.decode()


def test_list__member__sees_only_their_own(cast: make.Cast) -> None:
    job = job_of(cast.ada)
    mine = job_of(cast.mel, key="mine", title="My own data")
    client = client_of(cast.mel)
    text = client.get("/jobs/").content.decode()
    assert "My own data" in text and "Export of the ledger" not in text
    assert client.get(f"/jobs/{job.id}/").status_code == 404
    assert client.get(f"/jobs/{mine.id}/").status_code == 200


def test_list__many_jobs__same_number_of_queries(cast: make.Cast) -> None:
    client = client_of(cast.uma)
    numbers = []
    for round in range(2):
        for index in range(10):
            job_of(cast.ada, key=f"{round}-{index}")
        client.get("/jobs/")
        with CaptureQueriesContext(connection) as queries:
            client.get("/jobs/")
        numbers.append(len(queries))
    assert numbers[0] == numbers[1]


def test_page__dead_job__says_why_and_runs_again(cast: make.Cast) -> None:
    job = job_of(cast.ada)
    run(job)
    client = client_of(cast.ada)
    text = client.get(f"/jobs/{job.id}/").content.decode()
    assert "Nothing here runs jobs of the kind unknown." in text and "Run it again" in text
    assert client.post(f"/jobs/{job.id}/retry/").status_code == 302
    assert "Stop this job" in client.get(f"/jobs/{job.id}/").content.decode()
    fragment = client.post(f"/jobs/{job.id}/cancel/", headers={"HX-Request": "true"}).content.decode()
    assert fragment.lstrip().startswith('<div id="_job"') and "Cancelled" in fragment


def test_page__auditor__looks_and_does_not_touch(cast: make.Cast) -> None:
    job = job_of(cast.ada)
    client = client_of(cast.uma)
    assert "Stop this job" not in client.get(f"/jobs/{job.id}/").content.decode()
    assert client.post(f"/jobs/{job.id}/cancel/").status_code == 403


def test_page__result__is_a_link_inside_only(cast: make.Cast) -> None:
    for url, shown in (("/ledger/", True), ("//evil.example/", False), ("https://evil.example/", False)):
        handlers.register("test", lambda run, url=url: {"url": url, "label": "Open it"})  # type: ignore[misc]
        job = job_of(cast.ada, key=url, kind="test")
        assert run(job) == "done"
        assert ("Open it" in client_of(cast.ada).get(f"/jobs/{job.id}/").content.decode()) is shown
    handlers._handlers.pop("test")


def test_end__of_long_or_dead_work__is_told_to_whoever_asked(cast: make.Cast) -> None:
    handlers.register("test", lambda run: {})
    run(job_of(cast.ada, key="quick", kind="test"))
    run(job_of(cast.ada, key="long", kind="test"), minutes=1)
    run(job_of(cast.ada, key="dead"))
    handlers._handlers.pop("test")
    with in_tenant(cast.tenant.id):
        told = set(Notice.objects.filter(kind="job").values_list("user_id", "sentence"))
    assert told == {
        (cast.ada.actor.user_id, "Export of the ledger is done."),
        (cast.ada.actor.user_id, "Export of the ledger failed for good: Nothing here runs jobs of the kind unknown."),
    }


def test_worker_page__for_who_manages_programs(cast: make.Cast) -> None:
    assert client_of(cast.uma).get("/jobs/worker/").status_code == 403
    assert "By the clock" in client_of(cast.tess).get("/jobs/worker/").content.decode()


def test_worker_page__failed_tasks_of_another_tenant__are_not_shown(cast: make.Cast) -> None:
    other = make.stranger()
    for index, tenant in enumerate((cast.tenant.id, other.tenant_id)):
        Task.objects.create(
            id=f"{cast.tenant.id.hex[:20]}{index}",
            name=f"task {index}",
            func="x.verify",
            args=(str(tenant),),
            started=make.AT,
            stopped=make.AT + timedelta(days=40),
            result=f"Traceback\nNotVerified: of {index}-{cast.tenant.id}",
            success=False,
        )
    text = client_of(cast.tess).get("/jobs/worker/").content.decode()
    assert f"NotVerified: of 0-{cast.tenant.id}" in text
    assert f"NotVerified: of 1-{cast.tenant.id}" not in text


# -- programs


def post(scope: make.Scope, path: str) -> Any:
    return client_of(scope).post(f"/api/v1/{path}", json.dumps({}), content_type="application/json")


def test_api__list_one_cancel_retry(cast: make.Cast) -> None:
    job = job_of(cast.ada)
    client = client_of(cast.ada)
    listed = client.get("/api/v1/jobs/?state=active&mine=true").json()["results"]
    assert [one["id"] for one in listed] == [str(job.id)]
    assert client.get(f"/api/v1/jobs/{job.id}").json()["progress"] == {"done": 0, "total": None}
    assert post(cast.ada, f"jobs/{job.id}/cancel").json()["state"] == "cancelled"
    assert post(cast.ada, f"jobs/{job.id}/cancel").json()["code"] == "job_over"
    assert post(cast.ada, f"jobs/{job.id}/retry").json()["state"] == "queued"


def test_api__pages_by_cursor(cast: make.Cast) -> None:
    for index in range(3):
        job_of(cast.ada, key=str(index))
    client = client_of(cast.ada)
    first = client.get("/api/v1/jobs/?limit=2").json()
    second = client.get(first["next"]).json()
    assert (len(first["results"]), len(second["results"]), second["next"]) == (2, 1, None)


@pytest.mark.parametrize("query", ["state=odd", "mine=maybe", "x=1", "cursor=bm9wZQ=="])
def test_api__unknown_filter__refused(query: str, cast: make.Cast) -> None:
    assert client_of(cast.ada).get(f"/api/v1/jobs/?{query}").status_code == 422


def test_api__stranger__finds_nothing(cast: make.Cast) -> None:
    job, mallory = job_of(cast.ada), make.stranger()
    assert client_of(mallory).get(f"/api/v1/jobs/{job.id}").status_code == 404
    assert post(mallory, f"jobs/{job.id}/cancel").status_code == 404
    assert client_of(mallory).get("/api/v1/jobs/").json()["results"] == []
