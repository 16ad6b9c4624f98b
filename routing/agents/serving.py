"""What both agents share: how they start, and how they word a result."""

from __future__ import annotations

import argparse
import time
from collections.abc import Mapping, Sequence
from typing import Any

from mcp.server import MCPServer
from mcp.types import CallToolResult, TextContent


class Failed(Exception):
    """The agent cannot do it; the sentence says what to do instead."""


def serve(server: MCPServer, arguments: Sequence[str] | None = None) -> None:
    """Serve over stdio, or over streamable HTTP on this machine's own address."""
    parser = argparse.ArgumentParser(description=server.instructions)
    parser.add_argument("--http", type=int, metavar="PORT", help="serve http://127.0.0.1:PORT/mcp instead of stdio")
    port: int | None = parser.parse_args(arguments).http
    if port is None:
        server.run("stdio")
    else:
        server.run("streamable-http", host="127.0.0.1", port=port)


class Work:
    """One piece of work being done: measures it and words its result."""

    def __init__(self) -> None:
        self.started = time.process_time()

    def done(
        self,
        output: Mapping[str, Any],
        said: str,
        *,
        stored: int | None = None,
        is_partial: bool = False,
        is_simulated: bool = False,
    ) -> CallToolResult:
        """A result, with what it used. One that was simulated says so: nothing was stored."""
        usage = self._usage()
        if is_simulated:
            output, said = {**output, "simulated": True}, f"Simulated. {said}"
        elif stored is not None:
            usage["storage_bytes"] = stored
        meta: dict[str, Any] = {"tars/usage": usage}
        if is_partial:
            meta["tars/partial"] = True
        return CallToolResult(
            content=[TextContent(type="text", text=said)], structured_content=dict(output), _meta=meta
        )

    def failed(self, error: Failed) -> CallToolResult:
        """A failure, as the protocol words one."""
        meta = {"tars/usage": self._usage()}
        return CallToolResult(content=[TextContent(type="text", text=str(error))], is_error=True, _meta=meta)

    def _usage(self) -> dict[str, Any]:
        """No model is asked: that is no tokens, and not an unknown number."""
        seconds = round(time.process_time() - self.started, 6)
        return {"tokens_in": {}, "tokens_out": {}, "compute_seconds": seconds, "api_calls": 0}
