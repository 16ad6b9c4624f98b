"""An agent that is a Model Context Protocol server, over stdio or streamable HTTP, through the official SDK.

Which tool does the work: the call's `tool`; else the tool named like the action; else the entry tool. With `pinned`, a tool whose
definition is not the approved one is not called (and neither is one that was never approved).
"""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Hashable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final, cast

from governance.canonical import JSON
from governance.scrub import scrubbed
from routing.connectors import envelope
from routing.connectors.contract import (
    AnsweredNonsense,
    AnsweredTooMuch,
    Call,
    OnProgress,
    Reply,
    ToolChanged,
    ToolDefinition,
    progressed,
)
from routing.connectors.http_agent import now
from routing.connectors.mcp_faults import answered
from routing.connectors.mcp_http import HttpServer
from routing.connectors.mcp_pool import pool
from routing.connectors.mcp_reading import chosen, definition, meta_of, reply_of
from routing.connectors.mcp_sessions import Job, Line, Session, Work
from routing.connectors.mcp_stdio import StdioServer
from routing.connectors.wire import MOST

ENTRY: Final = "handle_request"
FRESH: Final = 60.0
"""Seconds for which a session's list of tools is taken as it is, unless the server says that it changed."""
MOST_PAGES: Final = 50
MOST_TOOLS: Final = 1000
PATIENCE: Final = 30.0
"""Seconds for `tools()`, which has no call to take a deadline from."""


@dataclass(frozen=True, slots=True)
class McpAgent:
    """`owner` names the connector (and with it the tenant): sessions are shared by calls of one owner only."""

    owner: str
    server: StdioServer | HttpServer
    allowed_commands: Collection[tuple[str, ...]] = ()
    entry: str = ENTRY
    pinned: Mapping[str, str] | None = None
    most: int = MOST
    clock: Callable[[], datetime] = field(default=now)

    def call(self, call: Call, *, on_progress: OnProgress) -> Reply:
        """See `Transport`; raises `BadRequest` or `InvalidDocument` for a call that no agent should see."""
        envelope.demand_sound(call)

        async def work(job: Job, session: Session) -> Reply:
            tool, arguments = chosen(call, await _tools(session), entry=self.entry)
            self._demand_pinned(tool)
            return await self._called(job, session, call, tool.name, arguments)

        reply: Reply = self._run(work, seconds=call.left(at=self.clock()), on_progress=on_progress)
        return reply

    def tools(self) -> tuple[ToolDefinition, ...]:
        """Every tool, listed now."""

        async def work(_job: Job, session: Session) -> tuple[ToolDefinition, ...]:
            session.tools = None
            return await _tools(session)

        found: tuple[ToolDefinition, ...] = self._run(work, seconds=PATIENCE, on_progress=lambda *_: None)
        return found

    def close(self) -> None:
        """End the idle sessions of this connector in this process."""
        pool().close(self._key)

    @property
    def _key(self) -> Hashable:
        return (self.owner, self.server, self.most)

    def _run(self, work: Work, *, seconds: float, on_progress: OnProgress) -> Any:
        if isinstance(self.server, StdioServer):
            self.server.demand_allowed(self.allowed_commands)
        else:
            self.server.demand_allowed()
        return pool().run(key=self._key, line=self._line, work=work, seconds=seconds, on_progress=on_progress)

    async def _called(self, job: Job, session: Session, call: Call, tool: str, arguments: dict[str, JSON]) -> Reply:
        from mcp import MCPError

        async def told(progress: float, total: float | None, message: str | None) -> None:
            job.handover.progress(progressed(progress, of=total), scrubbed(message or "", secrets=secrets))

        started, secrets = time.monotonic(), self.server.secrets
        job.is_sent = True
        try:
            result = await session.client.call_tool(
                tool, arguments, progress_callback=told, meta=cast(Any, meta_of(call))
            )
        except MCPError as error:
            return answered(error, session=session, call=call, tool=tool, ms=_ms(started), secrets=secrets)
        return reply_of(result, call=call, tool=tool, arguments=arguments, ms=_ms(started), secrets=secrets)

    def _line(self) -> Line:
        return self.server.line(most=self.most)

    def _demand_pinned(self, tool: ToolDefinition) -> None:
        if self.pinned is None or self.pinned.get(tool.name) == tool.digest:
            return
        why = "is not the one that was approved" if tool.name in self.pinned else "was never approved"
        raise ToolChanged(
            f"The tool {scrubbed(tool.name)} {why}. Look at its definition and approve it.", may_have_run=False
        )


async def _tools(session: Session) -> tuple[ToolDefinition, ...]:
    if session.tools is None or time.monotonic() - session.listed_at > FRESH:
        session.tools, session.listed_at = await _listed(session), time.monotonic()
    return session.tools


async def _listed(session: Session) -> tuple[ToolDefinition, ...]:
    if session.client.server_capabilities.tools is None:
        return ()
    found: list[ToolDefinition] = []
    cursor = None
    for _ in range(MOST_PAGES):
        page = await session.client.list_tools(cursor=cursor)
        found += [definition(tool) for tool in page.tools]
        if len(found) > MOST_TOOLS:
            break
        if (cursor := page.next_cursor) is None:
            return _without_doubles(found)
    raise AnsweredTooMuch(f"The agent lists more than {MOST_TOOLS} tools, or never ends listing them.")


def _without_doubles(found: list[ToolDefinition]) -> tuple[ToolDefinition, ...]:
    if len({tool.name for tool in found}) != len(found):
        raise AnsweredNonsense("The agent lists two tools of one name.", may_have_run=False)
    return tuple(found)


def _ms(started: float) -> int:
    return int((time.monotonic() - started) * 1000)
