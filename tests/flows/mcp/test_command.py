"""`tars mcp`: what it refuses before it starts, and what it costs who does not use it."""

from __future__ import annotations

import subprocess
import sys

import pytest

from tests.flows.mcp.servers import BARE, COMMAND, REPOSITORY


def _ran(*arguments: str, **told: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, *COMMAND, *arguments]
    return subprocess.run(
        command,
        env={**BARE, **told},
        cwd=REPOSITORY,
        capture_output=True,
        text=True,
        stdin=subprocess.DEVNULL,
        timeout=60,
    )


@pytest.mark.parametrize(
    ("arguments", "says", "code"),
    [
        (("--server", "http://127.0.0.1:9", "mcp"), "Name the file that holds your token", 2),
        (("--server", "http://127.0.0.1:9", "mcp", "--http", "8001"), "is not HOST:PORT", 2),
        (("--server", "http://tars.example", "mcp", "--http", "127.0.0.1:8001"), "https only", 1),
        (("mcp", "--http", "127.0.0.1:8001"), "TARS does not run", 2),
    ],
)
def test_mcp__wrong_use__is_said_at_the_start(
    arguments: tuple[str, ...], says: str, code: int, tmp_path: object
) -> None:
    ran = _ran(*arguments, TARS_HOME=f"{tmp_path}/home", COLUMNS="300")
    assert ran.returncode == code, ran.stderr
    assert says in ran.stderr
    assert "Traceback" not in ran.stderr
    assert ran.stdout == ""


def test_mcp__its_input_ends__ends() -> None:
    ran = _ran("mcp", TARS_SERVER="http://127.0.0.1:9", TARS_TOKEN="tars_00000000_x")
    assert (ran.returncode, ran.stdout) == (0, "")


@pytest.mark.parametrize("module", ["tarsweb.cli", "tarsweb.client"])
def test_sdk__is_imported_by_who_serves_it_alone(module: str) -> None:
    said = f"import sys, {module}; print([name for name in ('mcp', 'uvicorn', 'django') if name in sys.modules])"
    ran = subprocess.run(
        [sys.executable, "-c", said], cwd=REPOSITORY, env=BARE, capture_output=True, text=True, check=True
    )
    assert ran.stdout.strip() == "[]"
