"""`tars experiment` as a person or a script uses it: a few nights, the same code as the proofs."""

from __future__ import annotations

import json

import pytest
from typer.testing import CliRunner

from tarsweb.cli import app


@pytest.mark.parametrize(
    ("command", "said"),
    [
        (
            ["aa-nights", "--candidates", "3"],
            "of 4 nights of 3 candidates that change nothing promoted one; the plan allows 5%.",
        ),
        (["power"], "of 4 nights promoted the candidate with the planned effect; the plan promises 80%."),
        (["guardrail"], "of 4 nights promoted a candidate that loses the whole margin of success; the plan allows 5%."),
    ],
)
def test_experiment__few_nights__says_the_rate_with_its_interval(command: list[str], said: str) -> None:
    told = CliRunner().invoke(app, ["experiment", *command, "--nights", "4", "--seed", "2"])
    assert said in told.stdout
    assert "exact 95 % interval" in told.stdout
    asked = CliRunner().invoke(app, ["experiment", *command, "--nights", "4", "--seed", "2", "--json"])
    found = json.loads(asked.stdout)
    assert found["promoted"]["n"] == 4
    assert told.exit_code == asked.exit_code == (0 if found["is_kept"] else 1)


def test_experiment__no_nights__wrong_use() -> None:
    assert CliRunner().invoke(app, ["experiment", "aa-nights", "--nights", "0"]).exit_code == 2
