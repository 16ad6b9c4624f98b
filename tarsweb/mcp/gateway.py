"""The API behind the tools: one pool of connections for every caller, each request under the caller's own token."""

from __future__ import annotations

import hashlib
import logging
import time
import uuid
from collections import OrderedDict
from collections.abc import Callable
from threading import Lock
from typing import Any, Final, TypeVar

import anyio
import anyio.to_thread
import httpx2
from mcp_types import CallToolResult, TextContent, Tool, ToolAnnotations

from tarsweb.client import Tars
from tarsweb.client.errors import Problem, Unreachable
from tarsweb.mcp import schemas
from tarsweb.mcp.calling import as_json, call
from tarsweb.mcp.catalogue import BY_NAME, ENTRIES, Entry

AT_ONCE: Final = 16
"""Requests to the API at a time; more calls wait their turn."""
_DOCUMENT_SECONDS: Final = 300.0
_KNOWN_SECONDS: Final = 60.0
_MOST_KNOWN: Final = 1024

T = TypeVar("T")
log = logging.getLogger(__name__)


class Gateway:
    """Every tool of one TARS server. Its methods that wait run in threads, so that the event loop never does."""

    def __init__(self, server: str, *, transport: httpx2.BaseTransport | None = None) -> None:
        self._server = server
        limits = httpx2.Limits(max_connections=AT_ONCE, max_keepalive_connections=AT_ONCE)
        self._transport = transport or httpx2.HTTPTransport(limits=limits, trust_env=False)
        self._tools: tuple[float, list[Tool]] = (0.0, [])
        self._known: OrderedDict[bytes, float] = OrderedDict()
        self._lock = Lock()
        self._limiter: anyio.CapacityLimiter | None = None
        self._tars("")  # an address that would send a token in clear is refused at the start

    async def tools(self, token: str) -> list[Tool]:
        """The tools whose addresses this server has. Raises `ClientError`."""
        return await self._in_thread(lambda: self._offered(token))

    async def call(self, token: str, name: str, arguments: dict[str, Any]) -> CallToolResult:
        """What a tool answers; a refusal is an answer too. Raises KeyError for a tool that does not exist."""
        entry = BY_NAME[name]
        return await self._in_thread(lambda: self._called(token, entry, arguments))

    async def demand_known(self, token: str) -> None:
        """Raise `Problem` 401 unless the API knows the token; asked at most once a minute. Each call asks the API anyway."""
        digest = hashlib.sha256(token.encode()).digest()
        with self._lock:
            if self._known.get(digest, 0.0) > time.monotonic():
                return
        await self._in_thread(lambda: self._tars(token).me())
        with self._lock:
            self._known[digest] = time.monotonic() + _KNOWN_SECONDS
            self._known.move_to_end(digest)
            while len(self._known) > _MOST_KNOWN:
                self._known.popitem(last=False)

    async def _in_thread(self, work: Callable[[], T]) -> T:
        if self._limiter is None:
            self._limiter = anyio.CapacityLimiter(AT_ONCE)
        return await anyio.to_thread.run_sync(work, limiter=self._limiter)

    def _tars(self, token: str) -> Tars:
        """A client for one request: cheap, since the connections are shared, and it keeps no token."""
        return Tars(self._server, token=token, transport=self._transport, tries=1)

    def _offered(self, token: str) -> list[Tool]:
        until, tools = self._tools
        if until < time.monotonic():
            document = self._tars(token).schema()
            tools = [tool for entry in ENTRIES if (tool := _tool(document, entry)) is not None]
            self._tools = (time.monotonic() + _DOCUMENT_SECONDS, tools)
        return tools

    def _called(self, token: str, entry: Entry, arguments: dict[str, Any]) -> CallToolResult:
        try:
            found = call(self._tars(token), entry, arguments)
        except Problem as problem:
            return _refusal(as_json(problem))
        except Unreachable as error:
            return _failure(entry, "unreachable", str(error))
        except Exception:
            return _failure(entry, "internal_error", "TARS failed at this; nobody knows whether it happened.")
        said = str(found.get("sentence") or "")
        text = TextContent(type="text", text=f"{said}\n{schemas.as_text(found)}".strip())
        return CallToolResult(content=[text], structured_content=found)


def _tool(document: dict[str, Any], entry: Entry) -> Tool | None:
    said = schemas.operation(document, entry)
    if said is None:
        return None
    return Tool(
        name=entry.name,
        title=entry.title,
        description=entry.says,
        input_schema=schemas.input_schema(document, entry, said),
        output_schema=schemas.output_schema(document, said),
        annotations=ToolAnnotations(
            read_only_hint=entry.is_reading,
            destructive_hint=entry.is_destructive,
            open_world_hint=False,
        ),
    )


def _refusal(problem: dict[str, Any]) -> CallToolResult:
    lines = [problem["detail"], *(f"{one['pointer'] or '/'}: {one['detail']}" for one in problem["errors"])]
    text = TextContent(type="text", text="\n".join(lines))
    return CallToolResult(content=[text], structured_content=problem, is_error=True)


def _failure(entry: Entry, code: str, sentence: str) -> CallToolResult:
    """A failure of ours, logged under an id that the agent is told."""
    request_id = str(uuid.uuid4())
    log.exception("The tool %s failed (request %s).", entry.name, request_id)
    detail = f"{sentence} Name request {request_id} to the operators of TARS."
    return _refusal({"code": code, "status": 503, "detail": detail, "errors": [], "request_id": request_id})
