"""The tools over streamable HTTP: a bearer token with every request, and no session that could be taken over."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from mcp.server.transport_security import TransportSecuritySettings
from starlette.datastructures import Headers
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Receive, Scope, Send

from tarsweb.client.errors import ClientError, Problem
from tarsweb.mcp.calling import as_json
from tarsweb.mcp.gateway import Gateway
from tarsweb.mcp.server import build

PATH: Final = "/mcp"
MOST_BYTES: Final = 6 * 1024 * 1024
"""As much as the API takes (DATA_UPLOAD_MAX_MEMORY_SIZE)."""
MOST_AT_ONCE: Final = 64
"""Connections; further ones read 503."""
_LONGEST_TOKEN: Final = 200
_LOOPBACK: Final = ("127.0.0.1", "localhost", "[::1]")


def application(gateway: Gateway, *, hosts: Sequence[str] = ()) -> ASGIApp:
    """The ASGI application. It answers to this machine's own names and to `hosts`; a browser's page may ask from those alone."""
    server = build(gateway, token_of=lambda context: token_in(context.request.headers))
    inner = server.streamable_http_app(
        streamable_http_path=PATH,
        json_response=True,
        stateless_http=True,
        max_request_body_size=MOST_BYTES,
        transport_security=_security(hosts),
    )
    return Guard(inner, gateway)


def token_in(headers: Any) -> str:
    """The bearer token of a request; "" when it has none that could be one."""
    kind, _, secret = headers.get("authorization", "").partition(" ")
    token = secret.strip()
    is_one = kind.lower() == "bearer" and token.isascii() and token.isprintable() and " " not in token
    return token if is_one and len(token) <= _LONGEST_TOKEN else ""


class Guard:
    """Lets a request through whose token the API knows. Who is let through is asked again by the API, call by call."""

    def __init__(self, app: ASGIApp, gateway: Gateway) -> None:
        self._app, self._gateway = app, gateway

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and (refusal := await self._refusal(Headers(scope=scope))) is not None:
            await refusal(scope, receive, send)
            return
        await self._app(scope, receive, send)

    async def _refusal(self, headers: Headers) -> JSONResponse | None:
        if not (token := token_in(headers)):
            return _problem(Problem(401, "token_missing", "Send a token of TARS: Authorization: Bearer tars_…"))
        try:
            await self._gateway.demand_known(token)
        except Problem as problem:
            return _problem(problem)
        except ClientError as error:
            return _problem(Problem(503, "unreachable", str(error)))
        return None


def serve(gateway: Gateway, *, host: str, port: int, hosts: Sequence[str]) -> None:
    """Listen until SIGTERM or Ctrl-C; calls that run are finished first."""
    import uvicorn

    uvicorn.run(
        application(gateway, hosts=hosts),
        host=host,
        port=port,
        limit_concurrency=MOST_AT_ONCE,
        timeout_keep_alive=15,
        timeout_graceful_shutdown=35,
        proxy_headers=False,
        server_header=False,
        log_level="info",
    )


def _security(hosts: Sequence[str]) -> TransportSecuritySettings:
    return TransportSecuritySettings(
        allowed_hosts=[*(f"{name}:*" for name in _LOOPBACK), *hosts, *(f"{name}:*" for name in hosts)],
        allowed_origins=[*(f"http://{name}:*" for name in _LOOPBACK), *(f"https://{name}" for name in hosts)],
    )


def _problem(problem: Problem) -> JSONResponse:
    challenge = {"WWW-Authenticate": 'Bearer realm="tars"'} if problem.status == 401 else {}
    return JSONResponse(
        as_json(problem), status_code=problem.status, media_type="application/problem+json", headers=challenge
    )
