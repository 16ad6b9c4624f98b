"""A Model Context Protocol server behind streamable HTTP, called through the same guard as everything that leaves TARS.

The SDK follows redirects within an origin and reads JSON answers of any size; here a redirect and a byte too many break the line.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, AsyncIterator, Callable, Iterable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

import anyio
import httpcore2
import httpx2

from governance.addresses import Allowed
from governance.outbound import AddressRefused, addresses_of, checked_url, permitted, tls
from governance.scrub import scrubbed
from routing.connectors.contract import AgentAddressRefused, AgentError, AnsweredNonsense, AnsweredTooMuch, Unreachable
from routing.connectors.wire import redirected

if TYPE_CHECKING:
    from mcp.client import Transport


SHORTEST_SECRET: Final = 6


@dataclass(frozen=True, slots=True)
class HttpServer:
    """The address of a server, and the headers that open it."""

    url: str
    headers: tuple[tuple[str, str], ...] = field(default=(), repr=False)

    def demand_allowed(self) -> None:
        """Raise `AgentAddressRefused` for an address that can be refused by its text alone."""
        try:
            checked_url(self.url, permitted())
        except AddressRefused as refusal:
            raise AgentAddressRefused(refusal.sentence, may_have_run=False) from None

    @property
    def secrets(self) -> tuple[str, ...]:
        """What no sentence may repeat."""
        return tuple(word for _, value in self.headers for word in value.split() if len(word) >= SHORTEST_SECRET)

    def line(self, *, most: int) -> HttpLine:
        """A line to it."""
        return HttpLine(self, most)


class HttpLine:
    """One session's connections. `fault` is why the line broke; `status` the last HTTP status that was no success."""

    is_dead = False

    def __init__(self, server: HttpServer, most: int) -> None:
        self.server, self.most = server, most
        self.fault: AgentError | None = None
        self.on_end: Callable[[], None] = lambda: None
        self.is_busy = False
        self.status = 0

    def kill(self) -> None:
        """Nothing to end: the connections close with the session's task."""

    def streams(self) -> Transport:
        """What the SDK's client talks through."""
        return self._streams()

    @asynccontextmanager
    async def _streams(self) -> AsyncGenerator[Any]:
        from mcp.client.streamable_http import streamable_http_client

        headers = {"user-agent": "TARS", "accept-encoding": "identity", **dict(self.server.headers)}
        client = httpx2.AsyncClient(transport=_Guarded(self), headers=headers, trust_env=False, timeout=None)
        async with (
            client,
            streamable_http_client(self.server.url, http_client=client, max_sse_event_size=self.most) as streams,
        ):
            yield streams


class _Guarded(httpx2.AsyncBaseTransport):
    """Sends to checked addresses only, follows nothing, and stops reading at the cap."""

    def __init__(self, line: HttpLine) -> None:
        self.line, self.allowed = line, permitted()
        self.pool = httpcore2.AsyncConnectionPool(ssl_context=tls(), network_backend=_Checked(self.allowed))

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        line = self.line
        try:
            url = checked_url(str(request.url), self.allowed)
            target = httpcore2.URL(scheme=url.raw_scheme, host=url.raw_host, port=url.port, target=url.raw_path)
            assert isinstance(request.stream, httpx2.AsyncByteStream)
            sent = httpcore2.Request(request.method, target, headers=request.headers.raw, content=request.stream)
            response = await self.pool.handle_async_request(sent)
        except AddressRefused as refusal:
            raise self._broken(request, AgentAddressRefused(refusal.sentence, may_have_run=False)) from None
        except (httpcore2.NetworkError, httpcore2.ProtocolError, httpcore2.TimeoutException, OSError) as error:
            said = scrubbed(str(error)) or type(error).__name__
            is_sent = not isinstance(error, httpcore2.ConnectError)
            sentence = f"{request.url.host} could not be reached: {said}."
            raise self._broken(request, Unreachable(sentence, may_have_run=is_sent)) from error
        assert not isinstance(response.stream, bytes)
        body = _Capped(response.stream, line, is_answer=request.method == "POST")
        found = httpx2.Response(response.status, headers=response.headers, stream=body, request=request)
        if wrong := self._wrong(found):
            await body.aclose()
            raise self._broken(request, AnsweredNonsense(wrong, may_have_run=False))
        if request.method == "POST" and found.status_code >= 400:
            line.status = found.status_code
        return found

    def _broken(self, request: httpx2.Request, error: AgentError) -> AgentError:
        """The stream of news and the good-bye may fail without harm; a message may not."""
        if request.method == "POST":
            self.line.fault = error
        return error

    def _wrong(self, response: httpx2.Response) -> str:
        if 300 <= response.status_code < 400:
            return redirected(response.status_code)
        if response.headers.get("content-encoding", "identity").lower() not in {"", "identity"}:
            return "The agent answered in a compressed form that TARS did not ask for."
        return ""

    async def aclose(self) -> None:
        await self.pool.aclose()


class _Capped(httpx2.AsyncByteStream):
    """A body that ends at the cap. Only an answer's excess is a fault: the stream of news just ends."""

    def __init__(self, stream: Any, line: HttpLine, *, is_answer: bool) -> None:
        self.stream, self.line, self.is_answer = stream, line, is_answer

    async def __aiter__(self) -> AsyncIterator[bytes]:
        left = self.line.most
        try:
            async for chunk in self.stream:
                left -= len(chunk)
                if left < 0:
                    if self.is_answer:
                        most = f"{self.line.most:,}"
                        self.line.fault = AnsweredTooMuch(
                            f"The agent answered more than {most} bytes, and TARS read no further."
                        )
                    raise httpx2.ReadError("the answer is too large")
                yield chunk
        except (httpcore2.NetworkError, httpcore2.ProtocolError) as error:
            if self.is_answer:
                self.line.fault = Unreachable(f"The agent broke off: {scrubbed(str(error)) or type(error).__name__}.")
            raise httpx2.ReadError("the answer broke off") from error

    async def aclose(self) -> None:
        with suppress(Exception):
            await self.stream.aclose()


class _Checked(httpcore2.AsyncNetworkBackend):
    """Looks a name up once and connects to an address that was checked."""

    def __init__(self, allowed: Allowed) -> None:
        self.allowed, self.plain = allowed, httpcore2.AnyIOBackend()

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore2.AsyncNetworkStream:
        addresses = await anyio.to_thread.run_sync(addresses_of, host, port, self.allowed, abandon_on_cancel=True)
        for index, address in enumerate(addresses):
            try:
                return await self.plain.connect_tcp(address, port, timeout=timeout, socket_options=socket_options)
            except httpcore2.ConnectError:
                if index == len(addresses) - 1:
                    raise
        raise httpcore2.ConnectError("its name has no address")

    async def sleep(self, seconds: float) -> None:
        await anyio.sleep(seconds)
