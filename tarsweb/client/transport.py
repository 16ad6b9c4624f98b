"""One request to the API: the token, the retries, the keys that make a retry harmless, and problems as exceptions."""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from types import TracebackType
from typing import Any, Self
from urllib.parse import urljoin, urlsplit

import httpx2
import stamina

from tarsweb.client.errors import ClientError, Problem, Unreachable

API = "/api/v1/"
_SCHEMA = "/api/schema/"
TRIES = 4
TIMEOUT_SECONDS = 30.0
MOST_BYTES = 64 * 1024 * 1024
_LOOPBACK = {"127.0.0.1", "localhost", "::1"}


class _Again(Exception):
    """An answer that says: try again."""


@dataclass(frozen=True, slots=True)
class Answer:
    """A successful answer; `etag` is without its quotes, "" when there is none. Status 304: nothing changed, and no body."""

    status: int
    body: Any
    etag: str


class Transport:
    """Requests to one server. Raises `ClientError` for an address that would send the token in clear over a network."""

    def __init__(
        self, server: str, *, token: str, transport: httpx2.BaseTransport | None = None, tries: int = TRIES
    ) -> None:
        parts = urlsplit(server)
        if parts.scheme not in {"http", "https"} or not parts.hostname:
            raise ClientError(f"{server} is not an address such as https://tars.example.")
        if parts.scheme == "http" and parts.hostname not in _LOOPBACK:
            raise ClientError("A token travels over https only, save to this very machine. Use the https address.")
        self._base = f"{parts.scheme}://{parts.netloc}"
        self._tries = tries
        self._client = httpx2.Client(
            base_url=self._base,
            headers={"Authorization": f"Bearer {token}", "Accept": "application/json", "User-Agent": "tars-client"},
            timeout=TIMEOUT_SECONDS,
            follow_redirects=False,
            trust_env=False,
            transport=transport,
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._client.close()

    def get(self, path: str, *, query: Mapping[str, str] | None = None, known: str = "") -> Answer:
        """Read `path` (below /api/v1/); `known` is the etag of what one has. Raises `Problem`, `Unreachable`."""
        return self._send("GET", path, query=query, headers={"If-None-Match": f'"{known}"'} if known else {})

    def post(
        self,
        path: str,
        *,
        body: Mapping[str, Any] | None = None,
        if_match: str = "",
        idempotency_key: str = "",
    ) -> Answer:
        """Do something, at most once however often the request is repeated. Raises `Problem`, `Unreachable`."""
        headers = {"Idempotency-Key": idempotency_key or str(uuid.uuid4())}
        if if_match:
            headers["If-Match"] = f'"{if_match}"'
        return self._send("POST", path, body=dict(body or {}), headers=headers)

    def schema(self) -> dict[str, Any]:
        """The OpenAPI document of this server. Raises `Problem`, `Unreachable`."""
        found: dict[str, Any] = self._send("GET", _SCHEMA, headers={}).body
        return found

    def pages(self, path: str, *, query: Mapping[str, str] | None = None) -> Iterator[dict[str, Any]]:
        """Every row of a list, following `next`."""
        answer = self.get(path, query=query)
        while True:
            yield from answer.body["results"]
            following = answer.body.get("next")
            if not following:
                return
            answer = self.get(self._below(following))

    def _below(self, address: str) -> str:
        """`next` as a path of this very API: a foreign address would be sent the token."""
        parts = urlsplit(urljoin(f"{self._base}{API}", address))
        if f"{parts.scheme}://{parts.netloc}" != self._base or not parts.path.startswith(API):
            raise Unreachable(f"The server pointed to {address}, which is not its own API. Nothing was sent there.")
        return f"{parts.path.removeprefix(API)}?{parts.query}"

    def _send(
        self,
        method: str,
        path: str,
        *,
        headers: Mapping[str, str],
        query: Mapping[str, str] | None = None,
        body: dict[str, Any] | None = None,
    ) -> Answer:
        try:
            for attempt in stamina.retry_context(on=(_Again, httpx2.TransportError), attempts=self._tries, timeout=60):
                with attempt:
                    return self._once(method, path, headers=headers, query=query, body=body)
        except httpx2.TransportError as error:
            raise Unreachable(f"{self._base} does not answer ({error or type(error).__name__}).") from error
        except _Again as last:
            assert isinstance(last.__cause__, ClientError)
            raise last.__cause__ from None
        raise AssertionError("every attempt returns or raises")

    def _once(
        self,
        method: str,
        path: str,
        *,
        headers: Mapping[str, str],
        query: Mapping[str, str] | None,
        body: dict[str, Any] | None,
    ) -> Answer:
        address = path if path == _SCHEMA else f"{API}{path}"
        with self._client.stream(method, address, params=query, json=body, headers=headers) as response:
            content = _read(response)
            if response.status_code < 300 or response.status_code == 304:
                return Answer(response.status_code, _json(content), response.headers.get("ETag", "").strip('"'))
            refusal = _refusal(response.status_code, content)
            if response.status_code in {429, 502, 503, 504}:
                raise _Again from refusal
            raise refusal


def _read(response: httpx2.Response) -> bytes:
    chunks, size = [], 0
    for chunk in response.iter_bytes():
        size += len(chunk)
        if size > MOST_BYTES:
            raise Unreachable("The answer is larger than 64 MB and was not read to its end.")
        chunks.append(chunk)
    return b"".join(chunks)


def _json(content: bytes) -> Any:
    try:
        return json.loads(content) if content else None
    except ValueError:
        raise Unreachable("The answer is no JSON. Is this the address of a TARS?") from None


def _refusal(status: int, content: bytes) -> ClientError:
    try:
        body = json.loads(content)
    except ValueError:
        body = None
    if not isinstance(body, dict):
        return Unreachable(f"The server answered {status} without saying why. Is this the address of a TARS?")
    return Problem.of(status, body)
