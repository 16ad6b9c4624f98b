"""The API on a real port, and the official client at both doors of `tars mcp`."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import threading
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from typing import Any

import anyio
import httpx2
from django.core.handlers.wsgi import WSGIHandler
from django.core.servers.basehttp import ThreadedWSGIServer
from django.test.testcases import QuietWSGIRequestHandler
from mcp import Client, StdioServerParameters
from mcp.client.streamable_http import streamable_http_client
from mcp_types import CallToolResult

REPOSITORY = Path(__file__).resolve().parents[3]
COMMAND = ["-c", "from tarsweb.cli import main; main()"]
# Neither a database nor a secret of TARS: the process that speaks MCP has none.
BARE = {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ}


@contextmanager
def api() -> Iterator[str]:
    """The API's address until the block ends."""
    server = ThreadedWSGIServer(("127.0.0.1", 0), QuietWSGIRequestHandler)
    server.set_app(WSGIHandler())
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


@contextmanager
def over_http(server: str, *options: str) -> Iterator[str]:
    """`tars mcp --http` as a process of its own."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [sys.executable, *COMMAND, "--server", server, "mcp", "--http", f"127.0.0.1:{port}", *options]
    process = subprocess.Popen(command, env=BARE, cwd=REPOSITORY, stderr=subprocess.PIPE, stdout=subprocess.PIPE)
    try:
        _await(port, process)
        yield f"http://127.0.0.1:{port}/mcp"
    finally:
        process.terminate()
        process.communicate(timeout=30)


def stdio(server: str, secret: str) -> Client:
    """A client that starts `tars mcp` and speaks to its standard input."""
    told = {**BARE, "TARS_SERVER": server, "TARS_TOKEN": secret}
    return Client(StdioServerParameters(command=sys.executable, args=[*COMMAND, "mcp"], env=told, cwd=str(REPOSITORY)))


@asynccontextmanager
async def http(address: str, secret: str, **options: Any) -> AsyncIterator[Client]:
    """A client of `tars mcp --http` that sends a token."""
    headers = {"Authorization": f"Bearer {secret}"} if secret else {}
    async with (
        httpx2.AsyncClient(headers=headers, trust_env=False, timeout=30) as web,
        Client(streamable_http_client(address, http_client=web), **options) as client,
    ):
        yield client


def run_to_end(work: Callable[[], Awaitable[Any]]) -> Any:
    """What `work` returns, in a thread of its own: Playwright leaves an event loop running in the tests' thread."""
    with ThreadPoolExecutor(1) as pool:
        return pool.submit(anyio.run, work).result()


def call(address: str, secret: str, name: str, arguments: dict[str, Any], **options: Any) -> CallToolResult:
    """What one tool answers over HTTP."""

    async def run() -> CallToolResult:
        async with http(address, secret, **options) as client:
            return await client.call_tool(name, arguments)

    return run_to_end(run)


def refused(answer: CallToolResult, code: str) -> dict[str, Any]:
    """The problem of a tool that refused."""
    assert answer.is_error, answer
    problem: dict[str, Any] = answer.structured_content
    assert problem["code"] == code, problem
    assert answer.content[0].text.startswith(problem["detail"])
    assert "Traceback" not in str(answer)
    return problem


def _await(port: int, process: subprocess.Popen[bytes]) -> None:
    until = time.monotonic() + 30
    while time.monotonic() < until and process.poll() is None:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
        except OSError:
            time.sleep(0.05)
        else:
            return
    raise AssertionError(f"tars mcp --http does not listen: {process.returncode}")
