"""An agent of ours behind streamable HTTP, in a process of its own."""

from __future__ import annotations

import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager

from tests.architecture.repository import ROOT


def free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


@contextmanager
def listening(command: Sequence[str], *, port: int, env: Mapping[str, str]) -> Iterator[subprocess.Popen[bytes]]:
    """The process, once something listens on the port; ended with the block."""
    process = subprocess.Popen(command, cwd=ROOT, env=dict(env), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        ends = time.monotonic() + 30
        while not _listens(port):
            assert process.poll() is None and time.monotonic() < ends, "it did not start"
            time.sleep(0.05)
        yield process
    finally:
        process.kill()
        process.wait()


@contextmanager
def agent_over_http(module: str, *, env: Mapping[str, str], port: int | None = None) -> Iterator[str]:
    """The address of `python -m module --http PORT`."""
    chosen = port or free_port()
    with listening([sys.executable, "-m", module, "--http", str(chosen)], port=chosen, env=env):
        yield f"http://127.0.0.1:{chosen}/mcp"


def _listens(port: int) -> bool:
    try:
        socket.create_connection(("127.0.0.1", port), 1).close()
    except OSError:
        return False
    return True
