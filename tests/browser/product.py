"""A real TARS, started as people start it: `tars up` on a data folder of its own, with the demo played to its end."""

from __future__ import annotations

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psycopg

from tarsweb.home import Home, database_url

ROOT = Path(__file__).resolve().parents[2]
START_SECONDS = 120
DEMO_SECONDS = 180
DEMO_LOCK = 0x7A25_DE30  # of `tarsweb.demo.actions`


@dataclass(frozen=True, slots=True)
class Product:
    """Where it is, and who may sign in: `{e-mail: password}`."""

    url: str
    home: Path
    logins: dict[str, str]

    def environment(self) -> dict[str, str]:
        return _environment(self.home, port=int(self.url.rsplit(":", 1)[1]))

    def manage(self, *words: str) -> str:
        command = [sys.executable, "manage.py", *words]
        return subprocess.run(
            command, cwd=ROOT, env=self.environment(), check=True, capture_output=True, text=True
        ).stdout


@contextmanager
def running() -> Iterator[Product]:
    """Start it, wait until the demo is played, and stop it again."""
    home, port = Path(tempfile.mkdtemp(prefix="tars-browser-")) / "home", _free_port()
    log = home.parent / "up.log"
    with log.open("w") as out:
        process = subprocess.Popen(
            [sys.executable, "-m", "tarsweb.cli", "up", "--port", str(port)],
            cwd=ROOT,
            env=_environment(home, port=port),
            stdout=out,
            stderr=subprocess.STDOUT,
        )
    try:
        product = Product(url=f"http://127.0.0.1:{port}", home=home, logins={})
        _wait(lambda: _answers(f"{product.url}/healthz"), seconds=START_SECONDS, process=process, log=log)
        logins = {
            row["email"]: row["password"] for row in json.loads(product.manage("demo", "--logins", "--json"))["logins"]
        }
        _wait(lambda: _is_played(product), seconds=DEMO_SECONDS, process=process, log=log)
        yield Product(url=product.url, home=home, logins=logins)
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(timeout=60)
        # As root the database lies outside the data folder, in a place that the folder's state names.
        state = home / "state.json"
        cluster = json.loads(state.read_text()).get("cluster") if state.exists() else None
        for folder in (cluster, home.parent):
            if folder:
                shutil.rmtree(folder, ignore_errors=True)


def _environment(home: Path, *, port: int) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("TARS_")}
    # The tests' own receiver of webhooks listens on this machine.
    own = {"TARS_HOME": str(home), "TARS_PORT": str(port), "TARS_OUTBOUND_ALLOW": "127.0.0.1", "TARS_DEMO_SIZE": "0.08"}
    return {**kept, **own}


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _answers(url: str) -> bool:
    try:
        with urllib.request.urlopen(url, timeout=5) as response:
            return bool(response.status == 200)
    except (urllib.error.URLError, OSError):
        return False


def _is_played(product: Product) -> bool:
    """Whether the demo's history is played to its end: filling it again is refused while the worker is at it.

    The lock that the worker holds meanwhile is looked at first, for asking starts a process that is busy for seconds.
    """
    held = "SELECT 1 FROM pg_locks WHERE locktype = 'advisory' AND classid = 0 AND objid = %s"
    with psycopg.connect(database_url(role="app", home=Home(product.home))) as connection:
        if connection.execute(held, [DEMO_LOCK]).fetchone():
            return False
    command = [sys.executable, "manage.py", "demo", "--fill", "--json"]
    done = subprocess.run(command, cwd=ROOT, env=product.environment(), capture_output=True, check=False)
    return done.returncode == 0


def _wait(condition, *, seconds: float, process: subprocess.Popen[bytes], log: Path) -> None:  # type: ignore[no-untyped-def]
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if process.poll() is not None:
            raise RuntimeError(f"tars up ended early:\n{log.read_text()}")
        if condition():
            return
        time.sleep(0.5)
    raise RuntimeError(f"not ready within {seconds} s:\n{log.read_text()}")
