"""`tars up`, for real: a folder of its own, a free port, every process killed or frozen in turn."""

from __future__ import annotations

import contextlib
import http.client
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import psutil
import psycopg
import pytest

from tarsweb.embedded.account import cluster_root
from tarsweb.embedded.cluster import Cluster
from tarsweb.embedded.processes import wait_until
from tarsweb.home import Home, database_url
from tarsweb.supervisor.pulse import read_marks
from tarsweb.supervisor.service import run_members
from tarsweb.supervisor.worker import marks_dir

REPOSITORY = Path(__file__).resolve().parents[2]
COMMAND = [sys.executable, "-c", "from tarsweb.cli import main; main()"]


class Installation:
    """One data folder and port, and the `tars` command on them."""

    def __init__(self, folder: Path) -> None:
        self.home = Home(folder / "home")
        self.output = folder / "output"
        with socket.socket() as free, socket.socket() as free_too:
            free.bind(("127.0.0.1", 0))
            self.port = int(free.getsockname()[1])
            free_too.bind(("127.0.0.1", 0))
            self.mcp_port = int(free_too.getsockname()[1])
        own = {name: value for name, value in os.environ.items() if not name.startswith("TARS_")}
        told = {"TARS_PORT": str(self.port), "TARS_MCP": f"127.0.0.1:{self.mcp_port}"}
        self.env = {**own, "TARS_HOME": str(self.home.path), **told}

    @contextlib.contextmanager
    def up(self) -> Iterator[subprocess.Popen[bytes]]:
        """A running TARS whose sign-in page answers; asked to stop in the end if it still runs."""
        with self.output.open("wb") as output:
            parent = subprocess.Popen(
                [*COMMAND, "up", "--no-demo"], env=self.env, cwd=REPOSITORY, stdout=output, stderr=output
            )
        try:
            assert wait_until(lambda: self.sign_in_status() == 200 or parent.poll() is not None, seconds=120), (
                self.said()
            )
            assert wait_until(lambda: "Ctrl-C" in self.said() or parent.poll() is not None, seconds=60), self.said()
            assert parent.poll() is None, self.said()
            yield parent
        finally:
            parent.terminate()
            parent.wait(timeout=60)

    def tars(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [*COMMAND, *arguments],
            env=self.env,
            cwd=REPOSITORY,
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )

    def said(self) -> str:
        return self.output.read_text()

    def sign_in_status(self) -> int:
        return self.status(self.port, "/accounts/login/")

    def status(self, port: int, path: str) -> int:
        """What a GET answers; 0 when nobody does."""
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
        with contextlib.closing(connection):
            try:
                connection.request("GET", path)
                return connection.getresponse().status
            except (OSError, http.client.HTTPException):
                return 0

    def members(self, part: str) -> list[psutil.Process]:
        """Processes of this run whose command line holds `part`, oldest first."""
        token = self.home.state().get("run", "")
        found = [process for process in run_members(token) if part in " ".join(process.cmdline())]
        return sorted(found, key=lambda process: (process.create_time(), process.pid))

    def runners(self) -> list[psutil.Process]:
        return self.members("tarsweb.supervisor.runner")

    def postmaster(self) -> psutil.Process:
        data = Path(self.home.state()["cluster"]) / "data"
        return psutil.Process(int((data / "postmaster.pid").read_text().splitlines()[0]))

    def idle_workers(self) -> set[int]:
        return {
            pid
            for pid, mark in read_marks(marks_dir(self.home.path)).items()
            if not mark.is_busy and psutil.pid_exists(pid)
        }

    def give_task(self) -> None:
        """Queue one task, as any process of the product would."""
        code = "from django_q.tasks import async_task; async_task('math.sqrt', 4.0)"
        subprocess.run(
            [sys.executable, "-m", "django", "shell", "-c", code],
            env={**self.env, "DJANGO_SETTINGS_MODULE": "tarsweb.settings"},
            cwd=REPOSITORY,
            check=True,
            capture_output=True,
        )

    def task_is_done(self) -> bool:
        with psycopg.connect(database_url(role="app", home=self.home)) as connection:
            left, done = connection.execute(
                "SELECT (SELECT count(*) FROM django_q_ormq), (SELECT count(*) FROM django_q_task WHERE success)"
            ).fetchone() or (0, 0)
        return left == 0 and done > 0

    def hand_in(self) -> str:
        """The tenant of a request that was just taken on: nobody can do it, so that the runner ends it alone."""
        code = (
            "from django.utils import timezone; from tests import factories as make; "
            "from routing.executions.actions import handle; cast = make.cast(); "
            "handle(scope=cast.mel, text='What is the weather on Mars', at=timezone.now()); print(cast.tenant.id)"
        )
        done = subprocess.run(
            [sys.executable, "-m", "django", "shell", "-v", "0", "-c", code],
            env={**self.env, "DJANGO_SETTINGS_MODULE": "tarsweb.settings"},
            cwd=REPOSITORY,
            check=True,
            capture_output=True,
            text=True,
        )
        return done.stdout.split()[-1]

    def receipts(self, tenant_id: str) -> int:
        with psycopg.connect(database_url(role="app", home=self.home)) as connection:
            connection.execute("SELECT set_config('app.tenant_id', %s, false)", [tenant_id])
            row = connection.execute("SELECT count(*) FROM executions JOIN receipts ON execution_id = executions.id")
            return int((row.fetchone() or (0,))[0])

    def everybody(self) -> list[psutil.Process]:
        return [*self.members(""), self.postmaster(), *self.postmaster().children()]


@pytest.fixture(scope="module")
def installation() -> Iterator[Installation]:
    folder = Path(tempfile.mkdtemp(prefix="tars-up-"))
    made = Installation(folder)
    yield made
    Cluster(cluster_root(made.home.path), super_password="").destroy()
    shutil.rmtree(folder, ignore_errors=True)


def all_gone(processes: list[psutil.Process]) -> bool:
    def is_gone(process: psutil.Process) -> bool:
        try:
            return not process.is_running() or process.status() == psutil.STATUS_ZOMBIE
        except psutil.NoSuchProcess:
            return True

    return all(map(is_gone, processes))


def test_up__asked_to_stop__signs_in_before_and_leaves_nothing_after(installation: Installation) -> None:
    with installation.up() as parent:
        assert f"TARS is at http://127.0.0.1:{installation.port}" in installation.said()
        assert installation.tars("status").returncode == 0
        assert wait_until(lambda: "last round was" in installation.tars("status").stdout, seconds=30)
        assert json.loads(installation.tars("status", "--json").stdout)["runner"]["is_alive"]
        refused = installation.tars("up", "--no-demo")
        assert (refused.returncode, "already running" in refused.stdout + refused.stderr) == (1, True)
        running = installation.everybody()
        parent.send_signal(signal.SIGINT)
        assert parent.wait(timeout=60) == 0
    assert wait_until(lambda: all_gone(running), seconds=10)
    assert "Everything has stopped" in installation.said()
    assert installation.tars("status").returncode == 1


def test_up__supervisor_killed__the_next_start_recovers(installation: Installation) -> None:
    with installation.up() as parent:
        left = installation.everybody()
        parent.kill()
        parent.wait()
    with installation.up():
        assert all_gone(left)
        assert installation.sign_in_status() == 200


def test_up__clients_of_a_byte_now_and_then__keep_nobody_waiting(installation: Installation) -> None:
    """More of them than there are threads, in their headers and in their bodies; one that is too large is told so."""
    address, sockets = ("127.0.0.1", installation.port), []
    half = [
        b"GET /healthz HTTP/1.1\r\nHost: 127.0.0.1\r\nX-Slow: ",
        b"POST /accounts/login/ HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 99\r\n\r\na",
        b"POST /accounts/login/ HTTP/1.1\r\nHost: 127.0.0.1\r\nTransfer-Encoding: chunked\r\n\r\nffff\r\n0\r\n\r\n",
        b"GET /healthz HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\nGET /healthz HTTP/1.1\r\nX-Ahead: ",
    ]
    with installation.up():
        for number in range(40):
            sockets.append(socket.create_connection(address))
            sockets[-1].sendall(half[number % len(half)])
        for _ in range(12):
            for slow in sockets:
                slow.sendall(b"x")
            assert installation.sign_in_status() == 200
        with socket.create_connection(address) as large:
            large.sendall(b"POST /accounts/login/ HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 99999999\r\n\r\n")
            large.settimeout(10)
            assert large.recv(4096).startswith(b"HTTP/1.1 413 ")
        for slow in sockets:
            slow.close()


def test_up__a_process_dies_or_freezes__it_is_started_again(installation: Installation) -> None:
    with installation.up():
        web = installation.members("gunicorn")[0]
        web.kill()
        assert wait_until(lambda: not web.is_running() and installation.sign_in_status() == 200, seconds=60)

        mcp = installation.members("--http")[0]
        assert wait_until(lambda: installation.status(installation.mcp_port, "/mcp") == 401, seconds=60)
        assert "TARS_SECRET_KEY" not in mcp.environ()
        mcp.kill()
        assert wait_until(lambda: installation.status(installation.mcp_port, "/mcp") == 401, seconds=60)

        assert wait_until(lambda: len(installation.idle_workers()) == 2, seconds=60)
        frozen = installation.idle_workers()
        psutil.Process(min(frozen)).suspend()
        assert wait_until(lambda: len(installation.idle_workers() - frozen) == 2, seconds=60)

        killed = installation.idle_workers()
        psutil.Process(min(killed)).kill()
        installation.give_task()
        assert wait_until(installation.task_is_done, seconds=60)

        (stopped,) = installation.runners()
        stopped.suspend()
        assert wait_until(lambda: not stopped.is_running() and bool(installation.runners()), seconds=60)
        tenant_id = installation.hand_in()
        assert wait_until(lambda: installation.receipts(tenant_id) == 1, seconds=60)

        (runner,) = installation.runners()
        server = installation.postmaster()
        server.kill()
        assert wait_until(lambda: "The database is back" in installation.said(), seconds=60)
        assert wait_until(lambda: installation.sign_in_status() == 200, seconds=60)
        tenant_id = installation.hand_in()
        assert wait_until(lambda: installation.receipts(tenant_id) == 1, seconds=60)
        assert runner.is_running()


def test_up__port_is_taken__one_sentence_and_nothing_started(installation: Installation) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        refused = installation.tars("up", "--no-demo", "--port", str(other.getsockname()[1]))
    assert refused.returncode == 1
    assert "is taken by another program" in refused.stdout + refused.stderr
    assert "Traceback" not in refused.stderr
    assert "Starting" not in refused.stdout
