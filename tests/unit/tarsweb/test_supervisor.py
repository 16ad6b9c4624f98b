"""The supervisor's judgement: is the port free, is the worker frozen, has a child left anybody behind."""

from __future__ import annotations

import json
import multiprocessing
import os
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import psutil
import pytest

from tarsweb.embedded.processes import end_all, wait_until
from tarsweb.home import Home
from tarsweb.supervisor import mcp, preparation, pulse, web
from tarsweb.supervisor.console import Console
from tarsweb.supervisor.errors import StartError
from tarsweb.supervisor.pulse import Mark, Queue
from tarsweb.supervisor.run import Options, Supervisor
from tarsweb.supervisor.service import RUN_VARIABLE, Service, run_members, session_members
from tarsweb.supervisor.worker import Marks

NOW = 1_000.0
IDLE, BUSY = Mark(is_busy=False, since=NOW - 100), Mark(is_busy=True, since=NOW - 100)
SLEEPER = "import time; time.sleep(600)"
FAMILY = f"import subprocess, sys; subprocess.Popen([sys.executable, '-c', {SLEEPER!r}]); {SLEEPER}"


TOKEN = f"of-this-test-{os.getpid()}"
"""Each test worker has a family of its own at the same time; one token would find them all."""


@pytest.fixture
def family(tmp_path: Path) -> Iterator[Service]:
    """A child that has a child of its own."""
    service = Service(
        "family",
        [sys.executable, "-c", FAMILY],
        env={**os.environ, RUN_VARIABLE: TOKEN},
        log_path=tmp_path / "log",
    )
    service.start()
    assert wait_until(lambda: len(session_members(service.pid or 0)) == 2, seconds=30)
    yield service
    service.stop(grace=0.0)


def test_first_answer__came_and_the_next_would_be_late__is_an_answer(
    family: Service, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    answers = iter([False, True])
    monkeypatch.setattr(web, "is_answering", lambda *_: next(answers, False))
    supervisor = Supervisor(Options("127.0.0.1", 1), home=Home(tmp_path), console=Console())
    supervisor._await_first_answer(family)
    family.stop(grace=0.0)
    with pytest.raises(StartError, match="did not start"):
        supervisor._await_first_answer(family)


def test_check_port__taken__names_both_ways_to_choose_another() -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        with pytest.raises(StartError, match=r"taken by another program.*--port.*TARS_PORT"):
            web.check_port("127.0.0.1", other.getsockname()[1])


def test_check_port__no_such_number_or_address__says_which() -> None:
    with pytest.raises(StartError, match="70000 is no port number"):
        web.check_port("127.0.0.1", 70_000)
    with pytest.raises(StartError, match=r"no address 203\.0\.113\.7"):
        web.check_port("203.0.113.7", 18_000)


def test_options__address__is_one_a_browser_here_can_open(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("TARS_PUBLIC_URL", raising=False)
    assert Options(host="0.0.0.0", port=81).address == "http://127.0.0.1:81"
    assert Options(host="::1", port=81).address == "http://[::1]:81"
    assert not Options(host="0.0.0.0", port=81).is_loopback
    monkeypatch.setenv("TARS_PUBLIC_URL", "https://tars.example")
    assert Options(host="0.0.0.0", port=81).address == "https://tars.example"


@pytest.mark.parametrize(("status", "alive"), [(200, True), (301, True), (400, True), (500, False)])
def test_is_answering__any_answer_below_500__counts(status: int, alive: bool) -> None:
    class Page(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(status)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """Quiet."""

    with HTTPServer(("127.0.0.1", 0), Page) as server:
        threading.Thread(target=server.handle_request, daemon=True).start()
        assert web.is_answering("127.0.0.1", server.server_port) is alive


def test_is_answering__nobody_listens__no() -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    assert not web.is_answering("127.0.0.1", port)


def test_queue_fault__nothing_waits__healthy() -> None:
    assert pulse.queue_fault(Queue(None, None), {1: IDLE, 2: IDLE}, now=NOW) is None


def test_queue_fault__a_task_waits_beside_an_idle_process__frozen() -> None:
    assert "has been waiting" in str(pulse.queue_fault(Queue(41.0, None), {1: IDLE, 2: BUSY}, now=NOW))


def test_queue_fault__a_task_waits_and_everybody_works__healthy() -> None:
    assert pulse.queue_fault(Queue(4000.0, 4000.0), {1: BUSY, 2: BUSY}, now=NOW) is None


def test_queue_fault__a_task_was_taken_and_nobody_works__frozen() -> None:
    assert "nobody works on it" in str(pulse.queue_fault(Queue(None, 41.0), {1: IDLE, 2: IDLE}, now=NOW))


def test_queue_fault__a_task_was_taken_and_somebody_works__healthy() -> None:
    assert pulse.queue_fault(Queue(None, 41.0), {1: IDLE, 2: BUSY}, now=NOW) is None


def test_queue_fault__the_process_has_just_become_idle__healthy() -> None:
    fresh = Mark(is_busy=False, since=NOW - 1)
    assert pulse.queue_fault(Queue(41.0, 41.0), {1: fresh, 2: fresh}, now=NOW) is None


def test_process_fault__everybody_runs__healthy(family: Service) -> None:
    marks = {process.pid: IDLE for process in session_members(family.pid or 0)}
    assert pulse.process_fault(family.pid or 0, marks) is None


def test_process_fault__one_is_stopped__frozen(family: Service) -> None:
    member = session_members(family.pid or 0)[-1]
    member.suspend()
    assert wait_until(lambda: member.status() == psutil.STATUS_STOPPED, seconds=10)
    assert "stopped" in str(pulse.process_fault(family.pid or 0, {}))


def test_process_fault__an_idle_one_is_gone_without_a_goodbye__frozen(family: Service) -> None:
    gone = subprocess.Popen(["true"])
    gone.wait()
    assert "blocks its queue" in str(pulse.process_fault(family.pid or 0, {gone.pid: IDLE}))
    assert pulse.process_fault(family.pid or 0, {gone.pid: BUSY}) is None


def test_marks__written_by_a_worker__are_read_back_and_taken_away(tmp_path: Path) -> None:
    marks = Marks(tmp_path)
    marks.begins()
    assert pulse.read_marks(tmp_path)[os.getpid()].is_busy
    marks.ends()
    assert not pulse.read_marks(tmp_path)[os.getpid()].is_busy
    marks._remove()
    assert pulse.read_marks(tmp_path) == {}


@pytest.mark.parametrize(("end", "stays"), [(None, False), (signal.SIGTERM, False), (signal.SIGKILL, True)])
def test_marks__worker_ends__only_sudden_death_leaves_its_mark(
    tmp_path: Path, end: signal.Signals | None, stays: bool
) -> None:
    def worker() -> None:
        Marks(tmp_path).spawned()
        if end is not None:
            os.kill(os.getpid(), end)

    process = multiprocessing.get_context("fork").Process(target=worker)
    process.start()
    process.join()
    assert (process.pid in pulse.read_marks(tmp_path)) is stays


def test_marks__folder_is_gone__the_task_goes_on(tmp_path: Path) -> None:
    Marks(tmp_path / "gone").begins()
    assert pulse.read_marks(tmp_path / "gone") == {}


def test_read_marks__a_damaged_one__is_left_out(tmp_path: Path) -> None:
    (tmp_path / "7").write_text("{")
    (tmp_path / "8").write_text(json.dumps({"doing": "busy", "since": 5}))
    assert pulse.read_marks(tmp_path) == {8: Mark(is_busy=True, since=5.0)}


def test_stop__leader_and_its_child__both_are_gone(family: Service) -> None:
    members = session_members(family.pid or 0)
    family.stop(grace=5.0)
    assert wait_until(lambda: not any(member.is_running() for member in members), seconds=10)


def test_stop__leader_was_killed__its_orphan_is_ended_too(family: Service) -> None:
    leader, orphan = sorted(session_members(family.pid or 0), key=lambda process: process.pid)
    leader.send_signal(signal.SIGKILL)
    assert wait_until(family.has_ended, seconds=10)
    family.stop(grace=5.0)
    assert wait_until(lambda: not orphan.is_running(), seconds=10)


def test_run_members__token_of_a_killed_run__finds_the_whole_family(family: Service) -> None:
    assert {process.pid for process in run_members(TOKEN)} == {
        process.pid for process in session_members(family.pid or 0)
    }
    assert run_members("of-another-run") == []


def test_restart_due__quick_deaths__the_pause_grows(family: Service, monkeypatch: pytest.MonkeyPatch) -> None:
    clock = [100.0]
    monkeypatch.setattr("tarsweb.supervisor.service.time.monotonic", lambda: clock[0])
    pauses = []
    for _ in range(8):
        family._not_before = 0.0
        assert not family.restart_due()
        pauses.append(family._not_before - clock[0])
    assert pauses == [0.5, 1.0, 2.0, 4.0, 8.0, 16.0, 30.0, 30.0]
    clock[0] += 31
    assert family.restart_due()


def test_end_all__already_gone__returns_nobody() -> None:
    gone = subprocess.Popen(["true"])
    process = psutil.Process(gone.pid)
    gone.wait()
    assert end_all([process], signals=((signal.SIGKILL, 1.0),)) == []


def test_fingerprint__same_checkout__same_digest() -> None:
    assert preparation.fingerprint() == preparation.fingerprint()


def test_last_line__django_hint_at_the_end__is_not_the_cause(tmp_path: Path) -> None:
    (tmp_path / "log").write_text("Unknown command: 'demo'\nType 'python -m django help' for usage.\n")
    assert preparation.last_line(tmp_path / "log") == "Unknown command: 'demo'."


@pytest.mark.parametrize("listen", ["8001", "127.0.0.1:", "127.0.0.1:0", "127.0.0.1:99999", ":8001"])
def test_mcp__no_place_to_listen__says_what_one_looks_like(listen: str) -> None:
    with pytest.raises(StartError, match="TARS_MCP is HOST:PORT"):
        mcp.argv(listen, server="http://127.0.0.1:8000", hosts=[])


def test_mcp__api_in_clear_on_a_network__is_refused_at_the_start() -> None:
    with pytest.raises(StartError, match="TARS_PUBLIC_URL"):
        mcp.argv("127.0.0.1:8001", server="http://192.0.2.7:8000", hosts=[])


def test_mcp__port_taken__names_the_setting() -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        with pytest.raises(StartError, match="TARS_MCP"):
            mcp.argv(f"127.0.0.1:{other.getsockname()[1]}", server="https://tars.example", hosts=[])


def test_mcp__is_told_neither_database_nor_key() -> None:
    env = {"PATH": "/bin", "TARS_SECRET_KEY": "x", "TARS_DATABASE_URL": "y", RUN_VARIABLE: "run"}
    assert mcp.bare(env) == {"PATH": "/bin", RUN_VARIABLE: "run"}
