"""Alive, ready, and how every part does."""

from __future__ import annotations

import time
from datetime import timedelta
from threading import Event
from typing import Any

import pytest
from django.db import DatabaseError, connection
from django.test import Client
from django_q.models import OrmQ

from governance.audit import checks as verifications
from governance.jobs import actions as jobs
from governance.jobs.attempts import attempt
from governance.tenancy import in_tenant
from governance.web import now
from governance.webhooks import actions as webhooks
from routing.executions.actions import handle
from tarsweb.health import probes, ready, walls
from tarsweb.health.checks import Check
from tests import factories as make
from tests.web import client_of


@pytest.fixture
def cast() -> make.Cast:
    return make.cast()


def looked(scope: make.Scope) -> dict[str, Check]:
    with in_tenant(scope.tenant_id):
        return {check.key: check for check in probes.look(scope=scope, at=now())}


def test_healthz__anyone__without_the_database(django_db_blocker: Any) -> None:
    with django_db_blocker.block():
        assert Client().get("/healthz").content == b"ok"


def test_readyz__anyone__ready() -> None:
    response = Client().get("/readyz")
    assert (response.status_code, response.json()) == (200, {"ready": True, "reasons": []})
    assert response["Cache-Control"] == "no-store"


def test_readyz__database_does_not_answer__in_time_with_the_reason(monkeypatch: pytest.MonkeyPatch) -> None:
    freed = Event()
    monkeypatch.setattr(ready, "_look", lambda: [str(freed.wait(20))][:0])
    started = time.monotonic()
    assert "did not answer within 0.1" in ready.reasons(seconds=0.1)[0]
    assert ready.reasons(seconds=0.1) == ["The last look has not come back yet."], "late looks do not pile up"
    assert time.monotonic() - started < 2
    freed.set()
    assert ready.reasons(seconds=10) == []


@pytest.mark.parametrize(
    ("name", "broken", "reason"),
    [
        ("_role", lambda: ["The database role could step around the walls."], "step around the walls"),
        ("_cache", lambda: ["The cache does not keep."], "does not keep"),
        ("_migrations", lambda: (_ for _ in ()).throw(DatabaseError("password=hunter2")), "DatabaseError"),
    ],
)
def test_readyz__a_part_is_broken__503_without_secrets(
    name: str, broken: Any, reason: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ready, name, broken)
    response = Client().get("/readyz")
    assert response.status_code == 503
    assert reason in " ".join(response.json()["reasons"])
    assert "hunter2" not in response.content.decode()


def test_walls__stand__and_leave_the_tenant_as_it_was(cast: make.Cast) -> None:
    with in_tenant(cast.tenant.id):
        assert walls.gaps(cast.tenant.id) == []
        assert walls.heads_seen(cast.tenant.id) == 1
        with connection.cursor() as cursor:
            cursor.execute("SELECT current_setting('app.tenant_id')")
            assert cursor.fetchone()[0] == str(cast.tenant.id)


def test_walls__would_name_a_gap(cast: make.Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(walls, "heads_seen", lambda tenant: 2)
    monkeypatch.setattr(walls, "open_tables", lambda: ["payroll_entries"])
    check = looked(cast.tess)["walls"]
    assert check.tone == "bad"
    assert "payroll_entries" in check.sentence and "Rows show without a tenant." in check.sentence


def test_page__for_who_manages_and_nobody_else(cast: make.Cast) -> None:
    for scope in (cast.tess, cast.bo, cast.sam):
        assert client_of(scope).get("/health/").status_code == 200
    for scope in (cast.uma, cast.ada, cast.mel):
        assert client_of(scope).get("/health/").status_code == 403
        assert client_of(scope).get("/api/v1/health/").status_code == 403


def test_page__says_what_is_and_what_to_do(cast: make.Cast, settings: Any) -> None:
    text = client_of(cast.tess).get("/health/").content.decode()
    assert "Walls between tenants" in text and "this tenant sees its own alone" in text
    assert "No worker has reported" in text and "tars up" in text
    assert "It was not verified in the last day." in text
    for secret in (settings.SECRET_KEY, settings.SEALING_KEYS[0], connection.settings_dict["PASSWORD"]):
        assert secret not in text


def test_checks__follow_what_is(cast: make.Cast) -> None:
    with in_tenant(cast.tenant.id):
        job = jobs.start(scope=cast.bo, kind="unknown", key="x", title="Export", payload={}, at=make.AT)
    attempt(tenant_id=cast.tenant.id, job_id=job.id, clock=lambda: make.AT)
    webhook, _ = webhooks.add_webhook(scope=cast.tess, name="CI", url="https://x.example.com", events=[], at=make.AT)
    webhooks.change_webhook(
        scope=cast.tess, webhook_id=webhook.id, name="CI", url=webhook.url, events=[], is_enabled=False, at=make.AT
    )
    verifications.begin(scope=cast.uma, at=now())
    found = looked(cast.tess)
    assert (found["jobs"].tone, found["jobs"].sentence) == ("warn", "1 job has failed for good.")
    assert (found["webhooks"].tone, found["webhooks"].sentence) == ("warn", "Off: CI.")
    assert found["chain"].tone == "good"
    other = looked(make.cast().tess)
    assert (other["jobs"].tone, other["webhooks"].tone) == ("good", "good"), "another tenant's are not ours"


def test_worker__tasks_wait_long__said(cast: make.Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    class Cluster:
        timestamp, workers = now(), [1, 2]

    monkeypatch.setattr(probes.Stat, "get_all", lambda: [Cluster()])
    OrmQ.objects.create(key="tars", payload="x", lock=now() - timedelta(minutes=9))
    check = looked(cast.tess)["worker"]
    OrmQ.objects.filter(payload="x").delete()
    assert check.tone == "warn"
    assert "has been waiting for" in check.sentence


def test_runner__alive_late_or_silent(cast: make.Cast, settings: Any) -> None:
    beat = settings.HOME.path / "runner"
    beat.unlink(missing_ok=True)
    assert looked(cast.tess)["runner"].tone == "bad"
    beat.touch()
    try:
        handle(scope=cast.mel, text="Run payroll", at=now() + timedelta(minutes=1))
        assert looked(cast.tess)["runner"].tone in {"good", "warn"}, "other tests leave requests due"
        handle(scope=cast.mel, text="Run payroll", at=now() - timedelta(minutes=5))
        check = looked(cast.tess)["runner"]
        facts = dict(check.facts)
        assert check.tone == "warn" and "has been waiting for" in check.sentence
        assert facts["Requests that are due"] >= 1 and facts["Agents of this tenant at work"] == 0
    finally:
        beat.unlink()


def test_probe_that_fails__is_broken_and_breaks_nothing_else(cast: make.Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(scope: Any, at: Any) -> Check:
        with connection.cursor() as cursor:
            cursor.execute("SELECT no_such_thing")
        raise AssertionError

    monkeypatch.setattr(probes, "PROBES", (("x", "X", broken), *probes.PROBES))
    found = looked(cast.tess)
    assert found["x"].sentence == "It could not be looked at."
    assert found["database"].tone == "good"


def test_api__same_checks(cast: make.Cast) -> None:
    body = client_of(cast.tess).get("/api/v1/health").json()
    assert body["state"] == "bad"
    assert [check["key"] for check in body["checks"]] == [key for key, _, _ in probes.PROBES]
