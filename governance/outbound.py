"""The one client for calls that leave TARS: webhooks today, whatever else calls out tomorrow.

INVARIANTS: no redirect is followed, no proxy or .netrc of the environment is used, no answer is read beyond its cap, and the
whole call ends by its deadline. A name is resolved once, every address it has is checked, and the connection goes to a
checked address (a second look-up could answer differently), while TLS and the Host header keep the name. Private addresses
are refused unless `TARS_OUTBOUND_ALLOW` names them; plain http is for those only.
"""

from __future__ import annotations

import socket
import ssl
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from ipaddress import ip_address
from typing import Any

import httpcore2
import httpx2
from django.conf import settings

from governance.addresses import Allowed, is_public, literal
from governance.errors import DomainError
from governance.scrub import scrubbed

MOST_BYTES = 64 * 1024
DEADLINE = 10.0
MOST_URL = 2000


class AddressRefused(DomainError):
    """TARS does not call this address."""

    code = "address_refused"
    status = 422


class NoAnswer(DomainError):
    """The other side could not be reached, or broke off."""

    code = "no_answer"
    status = 502


class NotReached(NoAnswer):
    """No connection was made: the other side has seen nothing of the call."""


class TooLate(NoAnswer):
    """The deadline came before the whole answer."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back. `body` is cut at the cap and then `is_cut`."""

    status: int
    headers: dict[str, str]
    body: bytes
    is_cut: bool
    ms: int


def demand_allowed(url: str) -> None:
    """Raise `AddressRefused` for an address that can be refused by its text alone; names are looked up at each call."""
    checked_url(url, permitted())


def call(
    method: str,
    url: str,
    *,
    content: bytes = b"",
    headers: Mapping[str, str] | None = None,
    deadline: float = DEADLINE,
    most: int = MOST_BYTES,
) -> Answer:
    """One request, start to end within `deadline` seconds. Raises `AddressRefused` and `NoAnswer`; never follows a redirect."""
    allowed = permitted()
    target = checked_url(url, allowed)
    ends = time.monotonic() + deadline
    fields = {
        "host": target.netloc.decode(),
        "user-agent": "TARS",
        "accept-encoding": "identity",
        "connection": "close",
        **{name.lower(): value for name, value in (headers or {}).items()},
    }
    if content or method in {"POST", "PUT", "PATCH"}:
        fields["content-length"] = str(len(content))
    started = time.monotonic()
    address = httpcore2.URL(scheme=target.raw_scheme, host=target.raw_host, port=target.port, target=target.raw_path)
    pool = httpcore2.ConnectionPool(ssl_context=tls(), network_backend=_Checked(allowed, ends))
    timeouts = dict.fromkeys(("connect", "read", "write", "pool"), deadline)
    try:
        with (
            pool,
            pool.stream(
                method, address, headers=list(fields.items()), content=content, extensions={"timeout": timeouts}
            ) as response,
        ):
            body, is_cut = _read(response.iter_stream(), most)
            found = {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in response.headers}
            ms = int((time.monotonic() - started) * 1000)
            return Answer(status=response.status, headers=found, body=body, is_cut=is_cut, ms=ms)
    except httpcore2.TimeoutException:
        raise TooLate(f"{target.host} did not answer within {deadline:.3g} seconds.") from None
    except (httpcore2.NetworkError, httpcore2.ProtocolError, OSError) as error:
        kind = NotReached if isinstance(error, httpcore2.ConnectError) else NoAnswer
        raise kind(f"{target.host} could not be reached: {scrubbed(str(error)) or type(error).__name__}.") from error


def permitted() -> Allowed:
    """What the operator lets TARS call although it is private."""
    return Allowed.of(settings.OUTBOUND_ALLOW)


@cache
def tls() -> ssl.SSLContext:
    """The one TLS context, which trusts nothing that the environment names."""
    return httpx2.create_ssl_context(trust_env=False)


def checked_url(url: str, allowed: Allowed) -> httpx2.URL:
    """The address, refused (`AddressRefused`) by its text alone where that suffices."""
    try:
        parsed = httpx2.URL(url) if len(url) <= MOST_URL else None
    except (httpx2.InvalidURL, ValueError):
        parsed = None
    if parsed is None or parsed.scheme not in {"https", "http"} or not parsed.host or not _is_port(parsed.port):
        raise AddressRefused("That is no web address. Give one such as https://example.com/tars.")
    if parsed.userinfo:
        raise AddressRefused("An address with a user name or password in it is refused: it would be kept and logged.")
    if parsed.scheme == "http" and not allowed.has(host=parsed.host):
        raise AddressRefused(
            "Only https is called. A receiver inside your own network may use http once the operator names it in "
            "TARS_OUTBOUND_ALLOW."
        )
    if (written := literal(parsed.host)) is not None:
        _demand_public(parsed.host, str(written), allowed)
    return parsed


def addresses_of(host: str, port: int, allowed: Allowed) -> list[str]:
    """Every address of the name, each checked. Raises `AddressRefused`, and `ConnectError` for a name without any."""
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):
        raise httpcore2.ConnectError("its name is not known") from None
    addresses = list(dict.fromkeys(str(one[4][0]) for one in found))
    for address in addresses:
        _demand_public(host, address, allowed)
    return addresses


def _is_port(port: int | None) -> bool:
    return port is None or 0 < port < 65536


def _demand_public(host: str, address: str, allowed: Allowed) -> None:
    found = ip_address(address)
    if not is_public(found) and not allowed.has(host=host, address=found):
        raise AddressRefused(
            f"{host} is a private address ({found}), and TARS calls none of those. If it is meant, the operator names it in "
            "TARS_OUTBOUND_ALLOW."
        )


def _read(chunks: Iterable[bytes], most: int) -> tuple[bytes, bool]:
    body = b""
    for chunk in chunks:
        body += chunk
        if len(body) > most:
            return body[:most], True
    return body, False


class _Checked(httpcore2.NetworkBackend):
    """Connects to checked addresses only, and to nothing after the deadline."""

    def __init__(self, allowed: Allowed, ends: float) -> None:
        self.allowed, self.ends, self.plain = allowed, ends, httpcore2.SyncBackend()

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore2.NetworkStream:
        addresses = addresses_of(host, port, self.allowed)
        for index, address in enumerate(addresses):
            try:
                stream = self.plain.connect_tcp(address, port, timeout=_left(self.ends), socket_options=socket_options)
            except httpcore2.ConnectError:
                if index == len(addresses) - 1:
                    raise
            else:
                return _Timed(stream, self.ends)
        raise httpcore2.ConnectError("its name has no address")


class _Timed(httpcore2.NetworkStream):
    """A stream whose every wait ends by the deadline, so that a dripping answer cannot hold the worker."""

    def __init__(self, stream: httpcore2.NetworkStream, ends: float) -> None:
        self.stream, self.ends = stream, ends

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        return self.stream.read(max_bytes, timeout=_left(self.ends))

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        self.stream.write(buffer, timeout=_left(self.ends))

    def close(self) -> None:
        self.stream.close()

    def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore2.NetworkStream:
        return _Timed(self.stream.start_tls(ssl_context, server_hostname, timeout=_left(self.ends)), self.ends)

    def get_extra_info(self, info: str) -> Any:
        return self.stream.get_extra_info(info)


def _left(ends: float) -> float:
    left = ends - time.monotonic()
    if left <= 0:
        raise httpcore2.ReadTimeout("the deadline has passed")
    return left
