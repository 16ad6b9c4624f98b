"""The server of the official SDK, with the tools of a gateway."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from mcp.server.lowlevel import Server
from mcp.server.stdio import stdio_server
from mcp.shared.exceptions import MCPError
from mcp_types import (
    INTERNAL_ERROR,
    INVALID_PARAMS,
    CallToolRequestParams,
    CallToolResult,
    ListToolsResult,
    PaginatedRequestParams,
)

from tarsweb.client.errors import ClientError
from tarsweb.mcp.gateway import Gateway

INSTRUCTIONS: Final = (
    "TARS governs what agents may do. Ask `decide` before an action and act only on permit. "
    "Read `list_session_rules` at the start of a session and follow them. A refusal is a tool error: its structured "
    "content holds `code`, `detail` and `errors`, and says what to do."
)
TokenOf = Callable[[Any], str]


def build(gateway: Gateway, *, token_of: TokenOf) -> Server[Any]:
    """An MCP server; `token_of` finds the token of a message in its context."""

    async def listed(context: Any, _: PaginatedRequestParams | None) -> ListToolsResult:
        try:
            return ListToolsResult(tools=await gateway.tools(token_of(context)))
        except ClientError as error:
            raise MCPError(code=INTERNAL_ERROR, message=str(error)) from None

    async def called(context: Any, asked: CallToolRequestParams) -> CallToolResult:
        try:
            return await gateway.call(token_of(context), asked.name, dict(asked.arguments or {}))
        except KeyError:
            raise MCPError(code=INVALID_PARAMS, message=f"There is no tool {asked.name[:100]}.") from None

    return Server("tars", title="TARS", instructions=INSTRUCTIONS, on_list_tools=listed, on_call_tool=called)


async def serve_stdio(gateway: Gateway, *, token: str) -> None:
    """Answer on standard input and output until the input ends."""
    server = build(gateway, token_of=lambda _: token)
    async with stdio_server() as (reading, writing):
        await server.run(reading, writing, server.create_initialization_options())
