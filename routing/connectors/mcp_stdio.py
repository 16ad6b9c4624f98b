"""A Model Context Protocol server as a process of this machine.

The SDK's own stdio client gives the process the environment's PATH and HOME, reads lines of any length and lets stderr through;
this one gives it nothing that was not stated, caps each line, keeps the tail of stderr and kills the whole group.
"""

from __future__ import annotations

import os
import signal
from collections.abc import AsyncGenerator, Callable, Collection
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from subprocess import PIPE
from typing import TYPE_CHECKING, Any, Final

from governance.scrub import scrubbed
from routing.connectors.contract import AgentAddressRefused, AgentError, AnsweredNonsense, AnsweredTooMuch, Unreachable

if TYPE_CHECKING:
    import anyio.abc
    from mcp.client import Transport

TAIL: Final = 4096
MOST_NONSENSE: Final = 100
GRACE: Final = 1.0
"""Seconds that an idle server has to end by itself after its input closes. A busy one has none."""
SHORTEST_SECRET: Final = 6


@dataclass(frozen=True, slots=True)
class StdioServer:
    """A command line, and all the environment it gets."""

    command: tuple[str, ...]
    env: tuple[tuple[str, str], ...] = field(default=(), repr=False)
    cwd: str | None = None

    def demand_allowed(self, allowed: Collection[tuple[str, ...]]) -> None:
        """Raise `AgentAddressRefused` unless the command line begins with one that the operator allows."""
        if not self.command or not Path(self.command[0]).is_absolute():
            raise AgentAddressRefused(
                "Give the command with its whole path: it is looked up nowhere.", may_have_run=False
            )
        if not any(one and self.command[: len(one)] == one for one in allowed):
            raise AgentAddressRefused("The operator has not allowed this command for agents.", may_have_run=False)

    @property
    def secrets(self) -> tuple[str, ...]:
        """What no sentence may repeat: the environment's values, but for those too short to tell from words."""
        return tuple(value for _, value in self.env if len(value) >= SHORTEST_SECRET)

    def line(self, *, most: int) -> StdioLine:
        """A line to a new process of it."""
        return StdioLine(self, most)


class StdioLine:
    """One process. `fault` is why the line broke, when it is known; `on_end` is told when the process stops talking."""

    def __init__(self, server: StdioServer, most: int) -> None:
        self.server, self.most = server, most
        self.fault: AgentError | None = None
        self.on_end: Callable[[], None] = lambda: None
        self.is_busy = False
        self.process: anyio.abc.Process | None = None
        self._tail = b""
        self._nonsense = 0
        self._is_silent = self._is_ending = False

    @property
    def is_dead(self) -> bool:
        """Whether the process has ended, or talks no more."""
        return self._is_silent or (self.process is not None and self.process.returncode is not None)

    def kill(self) -> None:
        """End the process and its children now; from any thread."""
        if self.process is not None and self.process.returncode is None:
            with suppress(ProcessLookupError, PermissionError):
                os.killpg(self.process.pid, signal.SIGKILL)

    def streams(self) -> Transport:
        """What the SDK's client talks through."""
        return self._streams()

    @asynccontextmanager
    async def _streams(self) -> AsyncGenerator[Any]:
        import anyio

        try:
            process = self.process = await anyio.open_process(
                list(self.server.command),
                env=dict(self.server.env),
                cwd=self.server.cwd,
                stderr=PIPE,
                start_new_session=True,
            )
        except (OSError, ValueError) as error:
            self.fault = Unreachable(f"The agent could not be started: {scrubbed(str(error))}.", may_have_run=False)
            raise self.fault from error
        to_us, from_them = anyio.create_memory_object_stream[Any](0)
        to_them, from_us = anyio.create_memory_object_stream[Any](0)
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(self._read, process, to_us)
            tasks.start_soon(self._write, process, from_us)
            tasks.start_soon(self._overhear, process)
            try:
                yield from_them, to_them
            finally:
                with anyio.CancelScope(shield=True):
                    await self._end(process)
                    for stream in (to_us, from_them, to_them, from_us):
                        stream.close()
                tasks.cancel_scope.cancel()

    async def _read(self, process: anyio.abc.Process, to_us: Any) -> None:
        import anyio

        buffer = bytearray()
        with suppress(anyio.BrokenResourceError, anyio.ClosedResourceError):
            async with to_us:
                assert process.stdout is not None
                with suppress(anyio.EndOfStream, OSError):
                    while self.fault is None:
                        buffer += await process.stdout.receive(65536)
                        *lines, rest = bytes(buffer).split(b"\n")
                        for one in lines:
                            await self._take(one, to_us)
                        buffer = bytearray(rest)
                        self._measure(buffer)
                self._is_silent = True
                self.on_end()
                await self._know_why(process)

    async def _take(self, line: bytes, to_us: Any) -> None:
        from mcp.shared.message import SessionMessage
        from mcp.types import jsonrpc_message_adapter

        self._measure(line)
        if self.fault is not None or not line.strip():
            return
        try:
            message = jsonrpc_message_adapter.validate_json(line, by_name=False)
        except ValueError:
            self._nonsense += 1
            if self._nonsense > MOST_NONSENSE:
                self.fault = AnsweredNonsense("The agent writes things to its standard output that are no messages.")
            return
        await to_us.send(SessionMessage(message))

    def _measure(self, line: bytes | bytearray) -> None:
        if len(line) > self.most:
            self.fault = AnsweredTooMuch(f"The agent answered more than {self.most:,} bytes, and TARS read no further.")

    async def _know_why(self, process: anyio.abc.Process) -> None:
        if self.fault is None and not self._is_ending:
            await _ended(process, within=0.5)
            code = process.returncode
            how = "closed its output" if code is None else f"ended with {code}"
            self.fault = Unreachable(f"The agent's process {how}.{self._said()}")

    def _said(self) -> str:
        said = scrubbed(self._tail.decode("utf-8", "replace"), secrets=self.server.secrets)
        return f" It said: {said}" if said else ""

    async def _write(self, process: anyio.abc.Process, from_us: Any) -> None:
        import anyio

        assert process.stdin is not None
        with suppress(anyio.BrokenResourceError, anyio.ClosedResourceError, OSError):
            async with from_us:
                async for message in from_us:
                    text = message.message.model_dump_json(by_alias=True, exclude_unset=True)
                    await process.stdin.send(text.encode() + b"\n")

    async def _overhear(self, process: anyio.abc.Process) -> None:
        import anyio

        assert process.stderr is not None
        with suppress(anyio.EndOfStream, anyio.BrokenResourceError, anyio.ClosedResourceError):
            while True:
                self._tail = (self._tail + await process.stderr.receive(65536))[-TAIL:]

    async def _end(self, process: anyio.abc.Process) -> None:
        import anyio

        assert process.stdin is not None
        self._is_ending = True
        if not self.is_busy and not self.is_dead:
            with (
                anyio.move_on_after(GRACE),
                suppress(OSError, anyio.BrokenResourceError, anyio.ClosedResourceError),
            ):
                await process.stdin.aclose()
            await _ended(process, within=GRACE)
        # Also after a good end: children may have stayed, and the number is the group's while one of them lives.
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(process.pid, signal.SIGKILL)
        await _ended(process, within=GRACE)
        transport = getattr(getattr(process, "_process", None), "_transport", None)
        if transport is not None:
            transport.close()


async def _ended(process: anyio.abc.Process, *, within: float) -> None:
    """Wait for the process itself: `wait` would also wait for children that hold its pipes."""
    import anyio

    with anyio.move_on_after(within):
        while process.returncode is None:
            await anyio.sleep(0.01)
