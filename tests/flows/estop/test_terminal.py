"""`tars estop` against the real API."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from governance.scope import Capability, Scope
from tarsweb import client
from tarsweb.cli import app
from tests import factories as make
from tests.flows.api.programs import issued
from tests.flows.api.test_client import SERVER, connected


@pytest.fixture
def tars(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Callable[..., Any]:
    monkeypatch.setattr(client, "Tars", lambda server, *, token: connected(token))

    def run(scope: Scope, held: Capability, *words: str) -> Any:
        file = tmp_path / "token"
        file.write_text(issued(scope, Capability.READ_RECORD, held).secret)
        return CliRunner().invoke(app, ["--server", SERVER, "--token-file", str(file), "estop", *words])

    return run


def test_terminal__stops_lists_and_another_person_lifts(tars: Callable[..., Any]) -> None:
    cast = make.cast()
    bo, sam = (cast.bo, Capability.STOP), (cast.sam, Capability.LIFT_STOP)
    stopped = tars(*bo, "stop", "clay-consigliere", "--reason", "It pays twice.")
    assert stopped.exit_code == 0 and "clay-consigliere is stopped." in stopped.stdout
    listed = tars(*bo, "list").stdout
    assert "clay-consigliere" in listed and "It pays twice." in listed
    lifted = tars(*sam, "lift", listed.split()[0], "--reason", "Confirmed.")
    assert lifted.stdout == "The stop of clay-consigliere is lifted.\n"
    assert tars(*bo, "list").stdout == "" and "It pays twice." in tars(*bo, "list", "--all").stdout
    assert tars(*bo, "stop", "--everything", "--reason", "Odd.", "--json").stdout.startswith("{")
    assert "everything" in tars(*bo, "list").stdout


@pytest.mark.parametrize(
    "words", [["stop", "--reason", "x"], ["stop", "clay", "--everything", "--reason", "x"], ["stop", "clay"]]
)
def test_terminal__without_what_or_why__wrong_use(words: list[str], tars: Callable[..., Any]) -> None:
    assert tars(make.cast().bo, Capability.STOP, *words).exit_code == 2
