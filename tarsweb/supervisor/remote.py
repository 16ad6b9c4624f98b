"""Talking to a supervisor that runs elsewhere on this data folder."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from datetime import datetime
from typing import Any

import psycopg

from governance.errors import DomainError
from tarsweb.embedded.processes import wait_until
from tarsweb.home import Home, database_url
from tarsweb.supervisor import load
from tarsweb.supervisor.errors import StartError
from tarsweb.supervisor.load import Load
from tarsweb.supervisor.service import BASE_DIR
from tarsweb.supervisor.web import LOOPBACK

_STOP_SECONDS = 60.0


def running_address(home: Home) -> str | None:
    """The address of the running product; None when nobody holds the data folder's lock."""
    return str(home.state().get("url", "")) if home.lock.is_held_elsewhere() else None


def runner_load(home: Home, *, at: datetime) -> Load | None:
    """How the runner does; None when the database does not answer."""
    try:
        url = os.environ.get("TARS_DATABASE_URL") or database_url(role="app", home=home)
        return load.read(url, home=home.path, at=at)
    except (DomainError, psycopg.Error):
        return None


def stop_running(home: Home) -> str:
    """Ask the supervisor to stop and wait until it has. Raises StartError when it does not."""
    if not home.lock.is_held_elsewhere():
        return f"TARS is not running on {home.path}."
    # The lock is held, so its file names its living holder: no reused pid can be hit.
    os.kill(int(home.lock.path.read_text()), signal.SIGTERM)
    if not wait_until(lambda: not home.lock.is_held_elsewhere(), seconds=_STOP_SECONDS, every=0.1):
        raise StartError(f"TARS on {home.path} has not stopped within {_STOP_SECONDS:.0f} s. Its terminal says why.")
    return "TARS has stopped."


def demo_logins(home: Home) -> str:
    """The demo's logins. Raises StartError when TARS does not run or can be reached from other machines."""
    if running_address(home) is None:
        raise StartError("TARS is not running, so nobody knows the logins. Run `tars up` first.")
    state = home.state()
    if state.get("host") not in LOOPBACK:
        raise StartError(
            "TARS can be reached from other machines, so the demo's logins are not shown. Use --host 127.0.0.1."
        )
    asked = _demo("--logins", state=state)
    if asked.returncode:
        raise StartError(f"The demo's logins cannot be shown: {_last_line(asked)}")
    return asked.stdout.strip()


def demo_removal(home: Home) -> str:
    """Remove the demo and say what that did. Raises StartError when TARS does not run or there is no demo."""
    if running_address(home) is None:
        raise StartError("TARS is not running, so its database cannot be reached. Run `tars up` first.")
    asked = _demo("--remove", state=home.state())
    if asked.returncode:
        raise StartError(f"The demo was not removed: {_last_line(asked)}")
    return asked.stdout.strip()


def _demo(option: str, *, state: dict[str, Any]) -> subprocess.CompletedProcess[str]:
    """The management command `demo` with the running product's settings."""
    env = {"DJANGO_SETTINGS_MODULE": "tarsweb.settings", **os.environ, "TARS_HOST": state["host"]}
    env["TARS_PORT"] = str(state["web_port"])
    return subprocess.run(
        [sys.executable, "-m", "django", "demo", option],
        env=env,
        cwd=BASE_DIR,
        capture_output=True,
        text=True,
        check=False,
    )


def _last_line(asked: subprocess.CompletedProcess[str]) -> str:
    return (asked.stderr.strip().splitlines() or ["no reason given"])[-1]
