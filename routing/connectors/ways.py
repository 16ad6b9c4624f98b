"""Which kinds of connector a deployment has, and what each of them takes. Pure."""

from __future__ import annotations

import re
from typing import Final

HTTP, N8N, MCP_STDIO, MCP_HTTP, CALLABLE = "http", "n8n", "mcp_stdio", "mcp_http", "callable"
KINDS: Final = {
    "fastapi": (HTTP,),
    "vercel": (HTTP,),
    "lambda": (HTTP,),
    "n8n": (N8N,),
    "local": (MCP_STDIO, MCP_HTTP, CALLABLE),
}
"""The kinds of each deployment type, the usual one first."""
OVER_HTTP: Final = frozenset({HTTP, N8N, MCP_HTTP})
WITH_TOOLS: Final = frozenset({MCP_STDIO, MCP_HTTP})
"""Kinds that describe tools, which are pinned."""
BEARER: Final = "Authorization"
N8N_HEADER: Final = "X-TARS-Secret"
SHORTEST_SECRET: Final = 8
LONGEST_SECRET: Final = 8_192
_HEADER: Final = re.compile(r"[A-Za-z][A-Za-z0-9-]{0,63}")
_VARIABLE: Final = re.compile(r"[A-Z][A-Z0-9_]{0,63}")
_OWN_HEADERS: Final = re.compile(
    r"(?i)(host|content-.*|transfer-.*|connection|te|trailer|upgrade|expect|accept.*|user-agent|cookie|idempotency-key|mcp-.*"
    r"|tars-(execution|timestamp|key|signature))"
)
_DANGEROUS: Final = re.compile(
    r"(PATH|HOME|SHELL|IFS|ENV|BASH_.*|LD_.*|DYLD_.*|PYTHON.*|NODE_.*|NPM_.*|PERL.*|RUBY.*|JAVA_.*|GIT_.*|SSL_.*|TARS_.*|.*_PROXY)"
)


def kinds_of(deployment: str) -> tuple[str, ...]:
    """The kinds of a deployment type; none for an unknown one."""
    return KINDS.get(deployment, ())


def usual_name(kind: str) -> str:
    """The name under which a kind's secret is usually sent; "" where it has none of its own."""
    return {HTTP: BEARER, MCP_HTTP: BEARER, N8N: N8N_HEADER}.get(kind, "")


def wrong_name(kind: str, name: str) -> str:
    """Why a secret of a connector of this kind cannot be called so; "" when it can."""
    if kind == CALLABLE:
        return "A function of this process takes no secret."
    if kind == MCP_STDIO:
        if not _VARIABLE.fullmatch(name) or _DANGEROUS.fullmatch(name):
            return "A program gets its secrets as environment variables: capitals, digits, _, and none that changes how it runs."
        return ""
    if kind == HTTP and name != BEARER:
        return f"The envelope carries one secret, as a bearer token. Its name is {BEARER}."
    if not _HEADER.fullmatch(name) or _OWN_HEADERS.fullmatch(name):
        return "A secret is sent in a header: letters, digits and hyphens, and none that TARS sets itself."
    return ""


def wrong_value(value: str) -> str:
    """Why this cannot be a secret; "" when it can. Never quotes it."""
    if not SHORTEST_SECRET <= len(value) <= LONGEST_SECRET:
        return f"A secret has {SHORTEST_SECRET} to {LONGEST_SECRET:,} characters: a shorter one is not told from other text."
    if not value.isascii() or not value.isprintable() or value != value.strip():
        return "A secret is printable ASCII without spaces around it: a header carries nothing else."
    return ""
