"""`tars dream plan` and `run` on this installation's database."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from typer.testing import CliRunner

from dreams.cycles.models import State
from governance.tenancy import in_tenant
from tarsweb.cli import app
from tests import factories as make
from tests.db.dreams import desk


@pytest.fixture(autouse=True)
def _today(monkeypatch: pytest.MonkeyPatch) -> None:
    """The terminal's clock stands still on the desk's night."""
    monkeypatch.setattr("django.utils.timezone.now", lambda: desk.NIGHT)


def _run(cast: make.Cast, *words: str) -> Any:
    return CliRunner().invoke(app, ["dream", *words, "--tenant", str(cast.tenant.id)])


def test_plan__prints_the_night_and_its_plans_digest() -> None:
    cast = desk.cast()
    at = (desk.NIGHT + timedelta(hours=3)).astimezone(UTC)
    done = _run(cast, "plan", desk.NAME, "--at", at.isoformat(), "--hours", "2", "--seed", "7", "--json")
    found = json.loads(done.stdout)
    assert done.exit_code == 0 and found["state"] == "planned" and found["plan_digest"].startswith("sha256:")
    assert datetime.fromisoformat(found["deadline_at"]) - at == timedelta(hours=2)
    again = _run(cast, "plan", desk.NAME)
    assert again.exit_code == 1 and "is not over yet" in str(again.exception)
    assert _run(cast, "plan", "nobody").exit_code == 2
    assert _run(cast, "plan", desk.NAME, "--at", "tonight").exit_code == 2


def test_run__works_the_night_here_to_its_end() -> None:
    cast = desk.cast()
    done = _run(cast, "run", desk.NAME, "--seed", "7", "--json")
    assert done.exit_code == 0, (done.output, done.exception)
    found = json.loads(done.stdout)
    assert found["state"] == "judged" and found["runs"] > 100
    assert "runs" in done.stderr and "begins." in done.stderr
    (best,) = (one for one in found["dreams"] if one["amendment"])
    assert best["mutations"] == {"/fuzzy_match_threshold": 0.3}
    with in_tenant(cast.tenant.id):
        assert desk.system(cast).constitution["fuzzy_match_threshold"] == 0.5


def test_run__too_few_requests__is_refused() -> None:
    cast = desk.cast(served=3)
    done = _run(cast, "run", desk.NAME)
    assert done.exit_code == 1 and "recorded requests" in str(done.exception)
    assert State.PLANNED not in done.stdout
