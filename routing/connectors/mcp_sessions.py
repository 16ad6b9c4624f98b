"""One live session with a Model Context Protocol server, which does one job after the other."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Hashable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final, Protocol, TypeAlias

from routing.connectors.contract import AgentError, ToolDefinition, Unreachable
from routing.connectors.handover import Handover
from routing.connectors.mcp_faults import worded

if TYPE_CHECKING:
    from mcp import Client
    from mcp.client import Transport

LEAVING: Final = 5.0
"""Seconds for a polite end of an idle session."""


class Line(Protocol):
    """A way to one server, for one session; `mcp_stdio.StdioLine` or `mcp_http.HttpLine`."""

    fault: AgentError | None
    on_end: Callable[[], None]
    is_busy: bool

    @property
    def is_dead(self) -> bool:
        """Whether the other side is known to be gone."""

    def kill(self) -> None:
        """End it now; from any thread."""

    def streams(self) -> Transport:
        """What the SDK's client talks through."""


Work: TypeAlias = "Callable[[Job, Session], Awaitable[Any]]"


@dataclass(eq=False)
class Job:
    """Work for one session. `is_sent`: whether the request that does the work has left."""

    work: Work
    seconds: float
    handover: Handover[Any] = field(default_factory=Handover)
    is_sent: bool = False
    session: Session | None = None


class Keeper(Protocol):
    """Who keeps the sessions that have nothing to do."""

    idle_seconds: float

    def rest(self, session: Session) -> None:
        """It can take another job."""

    def forget(self, session: Session) -> None:
        """It is over."""


class Session:
    """One client in one task. Everything here runs in the keeper's loop.

    INVARIANT: one cancel scope around the whole life, whose deadline is that of the job; a job that misses it ends the session.
    """

    def __init__(self, keeper: Keeper, key: Hashable, line: Line, job: Job) -> None:
        import anyio

        self.keeper, self.key, self.line = keeper, key, line
        self.job: Job | None = job
        self.scope = anyio.CancelScope()
        self.tools: tuple[ToolDefinition, ...] | None = None
        self.listed_at = 0.0
        self.is_used = self.is_leaving = False
        self.client: Client
        self._wake = asyncio.Event()
        self._begin(job)

    async def run(self) -> None:
        """The session's whole life; never raises."""
        error: BaseException | None = None
        self.line.on_end = self._is_deserted
        try:
            with self.scope:
                async with self._client() as self.client:
                    while not self.is_leaving:
                        await self._next()
        except Exception as raised:
            error = raised
        finally:
            self.is_leaving = True
            self.keeper.forget(self)
            if self.job is not None:
                self.job.handover.failed(worded(error, line=self.line, job=self.job, is_used=self.is_used))

    def take(self, job: Job) -> bool:
        """Accept the next job; False when the session is ending."""
        if self.is_leaving or self.scope.cancel_called or self._is_broken:
            return False
        self.job, self.is_used = job, True
        self._begin(job)
        self._wake.set()
        return True

    def leave(self) -> None:
        """End politely; only of an idle session."""
        self.is_leaving = True
        self._wake.set()

    @property
    def _is_broken(self) -> bool:
        return self.line.is_dead or self.line.fault is not None

    def _begin(self, job: Job) -> None:
        self.line.is_busy = True
        job.session = self
        self.scope.deadline = asyncio.get_running_loop().time() + job.seconds

    def _is_deserted(self) -> None:
        """The other side is gone. A busy session hears it from its own request."""
        if self.job is None:
            self.leave()

    async def _next(self) -> None:
        import anyio

        if self.job is not None:
            await self._do(self.job)
        self.scope.deadline = float("inf")
        with anyio.move_on_after(self.keeper.idle_seconds):
            await self._wake.wait()
        self._wake.clear()
        if self.job is None:
            self.is_leaving = True
            self.scope.deadline = asyncio.get_running_loop().time() + LEAVING

    async def _do(self, job: Job) -> None:
        try:
            value = await job.work(job, self)
        except AgentError as refusal:
            if self.line.fault is not None or isinstance(refusal, Unreachable):
                raise
            self._rest()
            job.handover.failed(refusal)
        else:
            self._rest()
            job.handover.done(value)

    def _rest(self) -> None:
        """Before the caller hears of its result, so that its next call finds this session."""
        self.job = None
        self.line.is_busy = False
        if self._is_broken:
            self.leave()
        else:
            self.keeper.rest(self)

    def _client(self) -> Client:
        from mcp import Client
        from mcp.types import Implementation

        return Client(
            self.line.streams(),
            client_info=Implementation(name="tars", version="1"),
            message_handler=self._heard,
            cache=None,
        )

    async def _heard(self, message: Any) -> None:
        from mcp.types import ToolListChangedNotification

        if isinstance(message, ToolListChangedNotification):
            self.tools = None
