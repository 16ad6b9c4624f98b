"""What is expected, on pages and by programs: written, taken back, asked, validated."""

from __future__ import annotations

import json
import re
from datetime import timedelta
from functools import partial
from pathlib import Path

import httpx2
import pytest
from django.core.handlers.wsgi import WSGIHandler
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from typer.testing import CliRunner

from dreams.elicitation import actions
from dreams.elicitation.export import SOURCES
from dreams.elicitation.scenario import Kind
from dreams.elicitation.tasks import weekly
from governance.drift.actions import acknowledge, set_state
from governance.jobs.attempts import attempt
from governance.jobs.models import Job
from governance.registry.actions import register_system
from governance.registry.models import SystemType
from governance.scope import Capability
from governance.tenancy import in_tenant
from tarsweb import client
from tarsweb.cli import app
from tarsweb.client import following
from tests import factories as make
from tests.db.elicitation.desk import CLAY, SCENARIO
from tests.flows.api.programs import is_problem, issued, program
from tests.web import client_of

LIST = "/drift/scenarios/"
TYPED = {**SCENARIO, "circumstance": "ordinary", "asked_by": "system", "reason": "We agreed on it."}


def worked(cast: make.Cast) -> None:
    """The worker takes what waits."""
    with in_tenant(cast.tenant.id):
        waiting = list(Job.objects.filter(state="queued", kind="elicitation"))
    for job in waiting:
        assert attempt(tenant_id=cast.tenant.id, job_id=job.id, clock=timezone.now) == "done"


def recovering(cast: make.Cast) -> None:
    at = timezone.now() - timedelta(minutes=2)
    set_state(scope=cast.sam, system_name=CLAY, state="HOLD", reason="It wanders.", at=at)
    acknowledge(scope=cast.ada, system_name=CLAY, reason="Seen.", at=at + timedelta(minutes=1))


def test_list__shows_what_ships__filtered_and_taken_away() -> None:
    cast = make.cast()
    uma = client_of(cast.uma)
    with CaptureQueriesContext(connection) as asked:
        page = uma.get(LIST).content.decode()
    assert len(asked) <= 16 and "Scenarios and pairs: 41" in page and "New scenario" not in page
    narrow = uma.get(f"{LIST}?kind=scenario&domain=voice").content.decode()
    assert "Somebody&#x27;s voice imitated" in narrow and "A way around approval" not in narrow
    assert "Nothing fits these filters" in uma.get(f"{LIST}?q=unicorn").content.decode()
    for kind in ("scenarios", "elicitations"):
        assert uma.post(f"/exports/{kind}/", {"query": "", "format": "csv"}).status_code in (200, 302)
    assert client_of(cast.mel).get(LIST).status_code == 403


def test_runs__of_many_systems__ask_the_database_as_often_as_of_one() -> None:
    cast = make.cast()
    uma, counts = client_of(cast.uma), []
    for name in (CLAY, "second", "third"):
        if name != CLAY:
            constitution = {"version": "1.0.0", "capabilities": ["sort"]}
            register_system(scope=cast.bo, name=name, type=SystemType.AGENT, constitution=constitution, at=make.AT)
        actions.start(scope=cast.bo, system_name=name, at=timezone.now())
        worked(cast)
        with CaptureQueriesContext(connection) as asked:
            page = uma.get(f"{LIST}runs/").content.decode()
        counts.append(len(asked))
        assert name in page and "Passed" in page
    assert counts[1] == counts[2] <= 16
    assert "Nothing fits these filters" in uma.get(f"{LIST}runs/?outcome=failed").content.decode()


def test_export__holds_every_scenario_and_run() -> None:
    cast = make.cast()
    actions.start(scope=cast.bo, system_name=CLAY, at=timezone.now())
    worked(cast)
    with in_tenant(cast.tenant.id):
        for source, count in zip(SOURCES, (41, 1), strict=True):
            rows, cursor = source.chunk(cast.uma, {}, None)
            assert len(rows) == count == source.count(cast.uma, {}, 100)
            assert source.chunk(cast.uma, {}, cursor) == ([], None)


def test_form__writes_a_scenario_and_a_pair__and_undo_takes_it_back() -> None:
    cast = make.cast()
    ada = client_of(cast.ada)
    made = ada.post(f"{LIST}new/scenario/", TYPED)
    assert made.status_code == 302 and made["Location"] == f"{LIST}scenario/refunds-of-any-size/"
    again = ada.post(f"{LIST}new/scenario/", TYPED)
    assert again.status_code == 409 and b"has this title already" in again.content
    change = {**TYPED, "title": "Refunds", "expected": "permit", "is_active": "on"}
    page = ada.post(made["Location"], change, follow=True).content.decode()
    assert "Version 2, by" in page and "Undo" in page
    back = ada.post(f"{made['Location']}undo/", {"reason": "No."}, follow=True).content.decode()
    assert "It stands as it did before." in back and "Refunds of any size" in back
    bad = ada.post(f"{LIST}new/scenario/", {**TYPED, "title": "Other", "action": "a*"})
    assert bad.status_code == 422 and b"may not hold" in bad.content
    pair = {
        "title": "Two ways",
        "dimension": "care before speed",
        "left_label": "wait",
        "left_action": "abort",
        "right_label": "go",
        "right_action": "go_anyway",
        "expected": "left",
        "reason": "We agreed.",
    }
    assert ada.post(f"{LIST}new/pair/", pair, follow=True).status_code == 200
    assert ada.post(f"{LIST}new/song/", pair).status_code == 404
    assert client_of(cast.uma).post(f"{LIST}new/scenario/", {**TYPED, "title": "Mine"}).status_code == 403
    assert client_of(make.stranger()).get(made["Location"]).status_code == 404


def test_recovery__ask_then_validate__by_somebody_else() -> None:
    cast = make.cast()
    recovering(cast)
    ada, bo = client_of(cast.ada), client_of(cast.bo)
    page = bo.get(f"/drift/{CLAY}/").content.decode()
    assert "It has not been asked since the hold was acknowledged." in page and "Validate" not in page
    assert "It is asked now." in ada.post(f"{LIST}ask/{CLAY}/", follow=True).content.decode()
    worked(cast)
    page = bo.get(f"/drift/{CLAY}/").content.decode()
    assert "31 of 31 scenarios as expected" in page
    (run,) = set(re.findall(r'name="run" value="([0-9a-f-]+)"', page))
    mine = ada.post(f"/drift/{CLAY}/validate/", {"run": run, "reason": "Mine."})
    assert mine.status_code == 409 and b"You acknowledged this hold" in mine.content
    assert (
        b"is in NORMAL now" in bo.post(f"/drift/{CLAY}/validate/", {"run": run, "reason": "So."}, follow=True).content
    )
    shown = client_of(cast.uma).get(f"{LIST}runs/{run}/").content.decode()
    assert "Passed" in shown and "There was no run in the 30 days before" in shown and "sha256:" in shown
    assert CLAY in client_of(cast.uma).get(f"{LIST}runs/").content.decode()
    assert client_of(make.stranger()).get(f"{LIST}runs/{run}/").status_code == 404
    assert client_of(cast.uma).post(f"{LIST}ask/{CLAY}/").status_code == 403


def test_api__write_undo_ask_read_validate() -> None:
    cast = make.cast()
    recovering(cast)
    ada = program(cast.ada, Capability.READ_RECORD, Capability.SET_DRIFT)
    first = ada.get("scenarios/?limit=2").json()
    assert [one["version"] for one in first["results"]] == [0, 0] and first["next"]
    after = re.search(r"cursor=([^&]+)", first["next"])
    assert after and ada.get(f"scenarios/?limit=2&cursor={after[1]}").json()["results"][0] != first["results"][0]
    body = {"content": {**SCENARIO, "expected": "permit"}, "reason": "We agreed."}
    made = ada.put("scenarios/scenario/refunds/", body)
    assert made.status_code == 200 and made.json()["version"] == 1, made.json()
    assert is_problem(ada.put("scenarios/scenario/refunds/", body), 409, "scenario_unchanged")
    assert is_problem(ada.put("scenarios/scenario/new/", {**body, "content": {}}), 422, "bad_scenario")
    assert is_problem(ada.put("scenarios/song/new/", body), 404, "not_found")
    assert is_problem(ada.post("scenarios/scenario/refunds/undo/", {"reason": "No."}), 409, "nothing_to_undo")
    job = ada.post(f"systems/{CLAY}/drift/elicit/", {})
    assert job.status_code == 202, job.json()
    worked(cast)
    (run,) = ada.get("elicitations/").json()["results"]
    whole = ada.get(f"elicitations/{run['id']}/").json()
    assert whole["is_passed"] and whole["counts"] and whole["stale"] == "" and len(whole["results"]) == whole["checks"]
    bo = program(cast.bo, Capability.READ_RECORD, Capability.SET_DRIFT)
    said = {"run": run["id"], "reason": "It answers."}
    assert is_problem(ada.post(f"systems/{CLAY}/drift/validate/", said), 409, "second_person")
    assert bo.post(f"systems/{CLAY}/drift/validate/", said).json()["state"] == "NORMAL"
    uma = program(cast.uma, Capability.READ_RECORD)
    assert is_problem(uma.post(f"systems/{CLAY}/drift/elicit/", {}), 403, "not_allowed")
    assert is_problem(program(make.stranger()).get(f"elicitations/{run['id']}/"), 404, "not_found")


def test_command__passed_is_0_and_not_passed_1(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    cast = make.cast()
    secret = issued(cast.bo, Capability.READ_RECORD, Capability.SET_DRIFT).secret
    (tmp_path / "token").write_text(secret)
    monkeypatch.setattr(client, "Tars", partial(client.Tars, transport=httpx2.WSGITransport(app=WSGIHandler())))
    monkeypatch.setattr(following, "sleep", lambda seconds: worked(cast))
    said = ["--server", "http://127.0.0.1", "--token-file", str(tmp_path / "token"), "drift", "elicit"]
    good = CliRunner().invoke(app, [*said, CLAY])
    assert good.exit_code == 0 and "passed: 31 of 31 scenarios as expected" in good.output, good.output
    for number in range(2):
        content = {**SCENARIO, "title": f"Refunds {number}"}
        actions.save(
            scope=cast.ada,
            kind=Kind.SCENARIO,
            key=f"refunds-{number}",
            content=content,
            reason="So.",
            at=timezone.now(),
        )
    bad = CliRunner().invoke(app, [*said, CLAY, "--json"])
    assert bad.exit_code == 1 and json.loads(bad.output)["as_expected"] == 31, bad.output
    assert CliRunner().invoke(app, [*said, "nobody"]).exit_code == 1


def test_weekly__asks_every_system_once_a_week() -> None:
    cast = make.cast()
    at = "2026-11-25T03:00:00+00:00"
    weekly(at), weekly(at), weekly("2026-11-26T03:00:00+00:00")
    with in_tenant(cast.tenant.id):
        (job,) = Job.objects.filter(kind="elicitation")
    assert json.loads(json.dumps(job.payload)) == {"systems": [CLAY]}
    worked(cast)
    weekly("2026-12-01T03:00:00+00:00")
    with in_tenant(cast.tenant.id):
        assert Job.objects.filter(kind="elicitation").count() == 2
