"""The stack as `tars up` runs it: a governed decision over HTTP against a bare insert view, and the memory of everything at work.

Bar 15: decisions with token and tenant, two web processes, eight connections. Memory: web, task worker, runner and Postgres under
that load and a stream of requests, as the sum of their proportional set sizes.
"""

from __future__ import annotations

import http.client
import json
import os
import signal
import socket
import statistics
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import psutil

from tarsweb.embedded.processes import wait_until
from tarsweb.home import Home
from tarsweb.supervisor import web
from tests.bench.database import raw
from tests.bench.measure import Row
from tests.bench.work import HOURLY, REPOSITORY, Desk, made_desk, runner

CONNECTIONS = 8
SECONDS = 3.0
ROUNDS = 5
MOST_MB = 1536


def bench_stack(home: Home) -> list[Row]:
    """Both bars, on one stack."""
    from governance.scope import Capability
    from governance.tokens.actions import issue_token
    from governance.web import now

    desk = made_desk()
    scopes = [Capability.ASK, Capability.REQUEST, Capability.READ_RECORD]
    secret = issue_token(scope=desk.cast.bo, name="Bench", scopes=scopes, days=1, at=now()).secret
    with raw(home, role="super", autocommit=True) as owner:
        owner.execute(
            "CREATE TABLE IF NOT EXISTS bench_rows (id bigserial PRIMARY KEY, body text, at timestamptz DEFAULT now())"
        )
        owner.execute("GRANT ALL ON bench_rows, bench_rows_id_seq TO PUBLIC")
    with ExitStack() as stack:
        bare = stack.enter_context(_web("tests.bench.bare:application"))
        ours = stack.enter_context(_web("tarsweb.wsgi:application"))
        return [*_decisions(ours, bare, secret), _memory(stack, home, desk, ours, secret)]


def _decisions(ours: int, bare: int, secret: str) -> list[Row]:
    ask = json.dumps({"system": "payroll", "action": "payroll", "facts": {"amount": 12}})
    headers = {"Authorization": f"Bearer {secret}", "Content-Type": "application/json"}

    def decide() -> list[float]:
        return _load(ours, "/api/v1/policy/decide/", ask, headers, status=200)

    def insert() -> list[float]:
        return _load(bare, "/insert/", ask, {"Content-Type": "application/json"}, status=201)

    decide(), insert()
    rounds = [(decide(), insert()) for _ in range(ROUNDS)]
    ratio = statistics.median(len(mine) / len(peer) for mine, peer in rounds)
    mine, peer = (statistics.median(len(one[side]) / SECONDS for one in rounds) for side in (0, 1))
    p95 = statistics.median(sorted(one)[int(len(one) * 0.95)] for one, _ in rounds) * 1000
    said = f"{mine:,.0f}/s against {peer:,.0f}/s at {CONNECTIONS} connections, 2 processes"
    return [
        Row("a decision over HTTP with token: rate against a bare insert view", ratio, "≥ 0.15", said),
        Row("a decision over HTTP with token: p95 against 100 ms", p95 / 100, "≤ 1", f"p95 {p95:.0f} ms; {said}"),
    ]


def _memory(stack: ExitStack, home: Home, desk: Desk, port: int, secret: str) -> Row:
    """Requests at the hourly rate over HTTP, and decisions beside them, while worker and runner are at work."""
    worker = stack.enter_context(_child([sys.executable, "-m", "tarsweb.supervisor.worker"], name="worker"))
    working = stack.enter_context(runner(home))
    headers = {"Authorization": f"Bearer {secret}", "Content-Type": "application/json"}
    is_over, samples = threading.Event(), []

    def hand_in() -> None:
        client, number = http.client.HTTPConnection("127.0.0.1", port), 0
        while not is_over.wait(3600 / HOURLY):
            number += 1
            body = json.dumps({"text": f"Run payroll, page {number}", "system": "payroll"})
            _sent(client, "/api/v1/executions/", body, headers, status=202)

    thread = threading.Thread(target=hand_in)
    thread.start()
    ask = json.dumps({"system": "payroll", "action": "payroll", "facts": {"amount": 12}})
    for _ in range(ROUNDS):
        _load(port, "/api/v1/policy/decide/", ask, headers, status=200)
        samples.append({name: _pss(pids) for name, pids in _parts(home, worker.pid, working.pid).items()})
    is_over.set()
    thread.join()
    most = max(samples, key=lambda one: sum(one.values()))
    total = sum(most.values())
    detail = f"{total:,.0f} MB: " + ", ".join(f"{name} {size:,.0f}" for name, size in most.items())
    return Row(f"memory of the whole stack under load (PSS): against {MOST_MB} MB", total / MOST_MB, "≤ 1", detail)


def _parts(home: Home, worker: int, working: int) -> dict[str, list[int]]:
    postmaster = int((Path(home.state()["cluster"]) / "data" / "postmaster.pid").read_text().splitlines()[0])
    leaders = {"web": _serving["tarsweb.wsgi:application"], "worker": worker, "runner": working, "Postgres": postmaster}
    return {
        name: [pid, *(one.pid for one in psutil.Process(pid).children(recursive=True))] for name, pid in leaders.items()
    }


def _pss(pids: list[int]) -> float:
    """Megabytes; a process that ended meanwhile has none."""
    total = 0
    for pid in pids:
        try:
            lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
        except OSError:
            continue
        total += next((int(line.split()[1]) for line in lines if line.startswith("Pss:")), 0)
    return total / 1024


_serving: dict[str, int] = {}


@contextmanager
def _web(application: str) -> Iterator[int]:
    """gunicorn as the supervisor starts it, for an application; its port."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = int(free.getsockname()[1])
    command = [application if part == "tarsweb.wsgi:application" else part for part in web.argv("127.0.0.1", port)]
    with _child(command, name=application.split(":")[0], TARS_PORT=str(port)) as child:
        _serving[application] = child.pid
        assert wait_until(lambda: web.is_answering("127.0.0.1", port) or child.poll() is not None, seconds=60)
        yield port


@contextmanager
def _child(command: list[str], *, name: str, **env: str) -> Iterator[subprocess.Popen[bytes]]:
    log = (Path(os.environ["TARS_HOME"]) / f"{name}.log").open("ab")
    settings = {**os.environ, "TARS_API_RATE": str(10**9), **env}
    child = subprocess.Popen(command, cwd=REPOSITORY, stdout=log, stderr=log, env=settings)
    try:
        yield child
    finally:
        child.send_signal(signal.SIGTERM)
        child.wait(timeout=60)
        log.close()


def _load(port: int, path: str, body: str, headers: dict[str, str], *, status: int) -> list[float]:
    """Seconds of each request that kept connections sent, one after the other, for a while."""
    until, found = time.perf_counter() + SECONDS, [[] for _ in range(CONNECTIONS)]  # type: list[list[float]]

    def send(own: list[float]) -> None:
        client = http.client.HTTPConnection("127.0.0.1", port)
        while (began := time.perf_counter()) < until:
            _sent(client, path, body, headers, status=status)
            own.append(time.perf_counter() - began)
        client.close()

    _at_once([lambda own=own: send(own) for own in found])  # type: ignore[misc]
    return [one for own in found for one in own]


def _at_once(works: list[Callable[[], Any]]) -> None:
    with ThreadPoolExecutor(len(works)) as pool:
        for done in [pool.submit(work) for work in works]:
            done.result()


def _sent(client: http.client.HTTPConnection, path: str, body: str, headers: dict[str, str], *, status: int) -> None:
    client.request("POST", path, body, headers)
    answer = client.getresponse()
    said = answer.read()
    assert answer.status == status, (answer.status, said[:500])
