"""`tars reembed`: the switch from a shell, and what the page says of it."""

from __future__ import annotations

import json
from typing import Any

import pytest
from typer.testing import CliRunner

from routing.embeddings.choice import current
from tarsweb.cli import app
from tests import factories as make
from tests.db.router import desk as router
from tests.db.routing.learning import desk
from tests.web import client_of


@pytest.fixture
def cast() -> make.Cast:
    return desk.cast()


def run(*words: str) -> Any:
    return CliRunner().invoke(app, ["reembed", *words])


def test_reembed__switches_one_tenant_with_progress__a_second_time_does_nothing(cast: make.Cast, settings: Any) -> None:
    desk.done(cast.tars, desk.texts(12))
    former = router.chosen(cast.bo, "Process payroll").model
    settings.EMBEDDER = "lexical"
    told = run("--tenant", str(cast.tenant.id), "--executions", "--json")
    (found,) = json.loads(told.stdout)["tenants"]
    assert told.exit_code == 0 and (found["former"], found["model"]) == (former, current().model)
    assert found["rules_and_systems"] == found["of"] == 3
    assert (found["executions"], found["executions_left"]) == (12, 0)
    assert f"{cast.tenant.name}: rules and systems 0 of 3" in told.stderr
    assert router.chosen(cast.bo, "Process payroll").model == current().model
    again = run("--tenant", str(cast.tenant.id))
    assert again.exit_code == 0 and "0 rules and systems and 0 executions made anew" in again.stdout


def test_reembed__executions_follow_in_the_background__the_page_says_how_far(cast: make.Cast, settings: Any) -> None:
    desk.proposed(cast)
    settings.EMBEDDER = "lexical"
    told = run("--tenant", str(cast.tenant.id))
    assert "follow in the background" in told.stdout
    html = client_of(cast.tess).get("/routing/learned/").content.decode()
    assert "being switched" in html and "the worker begins within a minute" in html


def test_reembed__unknown_tenant__wrong_use() -> None:
    told = run("--tenant", "nobody-is-called-so")
    assert told.exit_code == 2 and "no tenant called" in told.stderr
