from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from governance.scope import Capability, Scope
from tarsweb import client
from tarsweb.cli import app
from tests import factories as make
from tests.db.router import desk
from tests.flows.api.programs import issued
from tests.flows.api.test_client import SERVER, connected
from tests.web import client_of

JSON = "application/json"


@pytest.fixture
def cast() -> make.Cast:
    found = make.cast()
    desk.system(
        found, "domicile", "payroll", "compliance", description="Payroll processing, PDF extraction, compliance audits"
    )
    desk.system(found, "memvid", "video-memory", description="Long memory of what was said and seen")
    desk.embedded(found)
    return found


def test_rules__written_listed_changed_switched(cast: make.Cast) -> None:
    bo = client_of(cast.bo)
    body = {"pattern": "Process payroll PDFs", "system": "domicile", "alternatives": ["memvid"]}
    made = bo.post("/api/v1/routing_rules/", json.dumps(body), content_type=JSON)
    assert made.status_code == 201, made.content
    where, record = made["Location"], made.json()
    assert bo.get(where).json() == record and record["alternatives"] == ["memvid"] and not record["is_learned"]
    changed = bo.patch(where, json.dumps({"action": "payroll"}), content_type=JSON).json()
    assert (changed["action"], changed["alternatives"]) == ("payroll", ["memvid"])
    off = bo.post(f"{where}switch/", json.dumps({"is_active": False}), content_type=JSON)
    assert off.json()["is_active"] is False
    assert bo.get("/api/v1/routing_rules/?state=on").json()["results"] == []
    assert [one["id"] for one in bo.get("/api/v1/routing_rules/?q=payroll").json()["results"]] == [record["id"]]


def test_rules__pages_by_cursor(cast: make.Cast) -> None:
    for number in range(3):
        desk.written(cast.bo, f"Payroll {number}", "domicile", minutes=number)
    first = client_of(cast.uma).get("/api/v1/routing_rules/?limit=2").json()
    second = client_of(cast.uma).get(first["next"]).json()
    assert [one["pattern"] for one in first["results"] + second["results"]] == ["Payroll 0", "Payroll 1", "Payroll 2"]


def test_rules__taken_wrong_role_and_stranger(cast: make.Cast) -> None:
    rule, body = desk.written(cast.bo, "Audit", "domicile"), json.dumps({"pattern": "Audit", "system": "memvid"})
    assert client_of(cast.bo).post("/api/v1/routing_rules/", body, content_type=JSON).json()["code"] == "pattern_taken"
    assert client_of(cast.ada).post("/api/v1/routing_rules/", body, content_type=JSON).status_code == 403
    assert client_of(make.stranger()).get(f"/api/v1/routing_rules/{rule.id}/").status_code == 404


def test_route__every_candidate_with_scores_and_reasons(cast: make.Cast) -> None:
    body = json.dumps({"text": "Process the payroll PDFs of March"})
    found = client_of(cast.mel).post("/api/v1/route/", body, content_type=JSON).json()
    assert found["chosen"] == "domicile" and found["is_in_scope"]
    names = [one["name"] for one in found["candidates"]]
    assert names[0] == "domicile" and "memvid" in names
    assert found["candidates"][1]["vetoes"][0]["code"] == "below_threshold"


@pytest.fixture
def tars(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Callable[..., Any]:
    monkeypatch.setattr(client, "Tars", lambda server, *, token: connected(token))

    def run(scope: Scope, *words: str) -> Any:
        file = tmp_path / "token"
        file.write_text(issued(scope, Capability.READ_RECORD, Capability.REQUEST).secret)
        return CliRunner().invoke(app, ["--server", SERVER, "--token-file", str(file), "route", *words])

    return run


def test_terminal__server__prints_the_decision_and_bars(cast: make.Cast, tars: Callable[..., Any]) -> None:
    said = tars(cast.bo, "Process the payroll PDFs of March")
    assert said.exit_code == 0, said.output
    assert "domicile gets it" in said.stdout and "█" in said.stdout and "below the threshold" in said.stdout
    assert json.loads(tars(cast.bo, "Process payroll", "--json").stdout)["chosen"] == "domicile"
    assert tars(cast.bo, "What is the boiling point of tungsten?").exit_code == 1


def test_terminal__here__reads_the_tenants_own_rules(cast: make.Cast) -> None:
    CliRunner().invoke(app, ["--server", "", "route", "x"])
    said = CliRunner().invoke(app, ["route", "Process payroll", "--tenant", str(cast.tenant.id)])
    assert said.exit_code == 0 and "domicile gets it" in said.stdout, said.output
    assert CliRunner().invoke(app, ["route", "x", "--tenant", "nobody"]).exit_code == 2
