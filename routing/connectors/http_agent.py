"""An agent behind HTTP: a FastAPI service, a Vercel or Lambda function, anything that speaks the envelope of docs/agents.md."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Final
from urllib.parse import urljoin, urlsplit

from governance.outbound import Answer
from governance.scrub import scrubbed
from routing.connectors import envelope, signing
from routing.connectors.contract import (
    AgentAddressRefused,
    AnsweredNonsense,
    Call,
    OnProgress,
    Reply,
    TimedOut,
    ToolDefinition,
)
from routing.connectors.signing import Signer
from routing.connectors.wire import MOST, exchange, refused

WAIT: Final = 1.0
"""Seconds between polls when the agent gives no Retry-After."""
SHORTEST_WAIT: Final = 0.2
LONGEST_WAIT: Final = 30.0
MOST_ERROR: Final = 2000


def now() -> datetime:
    """The clock of this module."""
    return datetime.now(UTC)


@dataclass(frozen=True, slots=True)
class HttpAgent:
    """Posts the signed envelope to `url`; `api_key` is sent as a bearer token, to that origin only."""

    url: str
    signer: Signer = field(repr=False)
    api_key: str = field(default="", repr=False)
    most: int = MOST
    clock: Callable[[], datetime] = now
    sleep: Callable[[float], None] = time.sleep

    def call(self, call: Call, *, on_progress: OnProgress) -> Reply:
        """See `Transport`."""
        started = time.monotonic()
        body = envelope.write_request(call)
        answer = self._sent(call, "POST", self.url, body)
        url = self.url
        while answer.status == 202:
            accepted = envelope.read_accepted(answer.body)
            url = self._poll_url(url, accepted.poll)
            on_progress(accepted.progress, scrubbed(accepted.message, secrets=[self.api_key]))
            self._wait(call, answer)
            answer = self._sent(call, "GET", url, b"")
        reply = _reply(answer)
        error = scrubbed(reply.error, secrets=[self.api_key], most=MOST_ERROR)
        return replace(reply, error=error, ms=int((time.monotonic() - started) * 1000))

    def tools(self) -> tuple[ToolDefinition, ...]:
        """None: the envelope describes work, not tools."""
        return ()

    def close(self) -> None:
        """Nothing is kept: each exchange has a connection of its own."""

    def _sent(self, call: Call, method: str, url: str, body: bytes) -> Answer:
        at = self.clock()
        seconds = call.left(at=at)
        headers = signing.headers_of(
            signer=self.signer, execution_id=call.execution_id, timestamp=int(at.timestamp()), body=body
        )
        headers |= {"Accept": "application/json", "Idempotency-Key": call.idempotency_key}
        if body:
            headers["Content-Type"] = "application/json"
        if self.api_key:
            headers["Authorization"] = f"Bearer {self.api_key}"
        return exchange(method, url, content=body, headers=headers, seconds=seconds, most=self.most)

    def _poll_url(self, base: str, poll: str) -> str:
        try:
            url = urljoin(base, poll)
            is_same = _origin(url) == _origin(self.url)
        except ValueError:
            raise AnsweredNonsense("The agent gave an address to poll that is no address.") from None
        if not is_same:
            raise AgentAddressRefused("The agent gave an address to poll that is not of its own origin.")
        return url

    def _wait(self, call: Call, answer: Answer) -> None:
        given = answer.headers.get("retry-after", "")
        wait = float(given) if given.isascii() and given.isdigit() and len(given) < 6 else WAIT
        wait = min(max(wait, SHORTEST_WAIT), LONGEST_WAIT)
        left = (call.deadline - self.clock()).total_seconds()
        if left <= wait:
            raise TimedOut(f"{call.system} was still at work when its time was over.")
        self.sleep(wait)


def _reply(answer: Answer) -> Reply:
    """A failure may come with any status, as long as it is worded in the envelope."""
    if 200 <= answer.status < 300:
        return envelope.read_reply(answer.body)
    try:
        reply = envelope.read_reply(answer.body)
    except AnsweredNonsense:
        raise refused(answer) from None
    if reply.is_error:
        return reply
    raise AnsweredNonsense(f"The agent answered {answer.status} with an envelope that says it succeeded.")


def _origin(url: str) -> tuple[str, str, int | None]:
    parts = urlsplit(url)
    if parts.username is not None or parts.password is not None:
        raise ValueError("an address with a user in it")
    return parts.scheme, parts.hostname or "", parts.port or {"https": 443, "http": 80}.get(parts.scheme)
