"""An n8n workflow behind its Webhook node: JSON in, JSON out, a shared secret in a header (docs/agents.md)."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Final

from governance.canonical import JSON, InvalidDocument, loads
from governance.outbound import Answer
from governance.scrub import scrubbed
from routing.connectors import envelope
from routing.connectors.contract import AnsweredNonsense, Call, OnProgress, Reply, ToolDefinition, Unreachable
from routing.connectors.http_agent import now
from routing.connectors.wire import MOST, exchange, refused

HEADER: Final = "X-TARS-Secret"
_ONLY_STARTED: Final = frozenset({"workflow was started", "workflow got started.", "workflow got started"})


@dataclass(frozen=True, slots=True)
class N8nAgent:
    """Posts `{request, input, action, tool, tars}` to the webhook and takes whatever JSON the workflow responds with."""

    url: str
    secret: str = field(default="", repr=False)
    secret_header: str = HEADER
    most: int = MOST
    clock: Callable[[], datetime] = now

    def call(self, call: Call, *, on_progress: OnProgress) -> Reply:
        """See `Transport`. A webhook reports no progress."""
        started = time.monotonic()
        headers = {
            "Accept": "application/json",
            "Content-Type": "application/json",
            "Idempotency-Key": call.idempotency_key,
        }
        if self.secret:
            headers[self.secret_header] = self.secret
        body, seconds = body_of(call), call.left(at=self.clock())
        answer = exchange("POST", self.url, content=body, headers=headers, seconds=seconds, most=self.most)
        reply = _reply(answer, secret=self.secret)
        return replace(reply, ms=int((time.monotonic() - started) * 1000))

    def tools(self) -> tuple[ToolDefinition, ...]:
        """None: a webhook describes nothing."""
        return ()

    def close(self) -> None:
        """Nothing is kept."""


def body_of(call: Call) -> bytes:
    """What the workflow finds under `body` of the Webhook node's item."""
    context = envelope.demand_sound(call)
    said = {name: context.pop(name) for name in ("request", "input", "action", "tool")}
    return envelope.written({**said, "tars": context})


def _reply(answer: Answer, *, secret: str) -> Reply:
    value = _json(answer)
    if envelope.is_reply(value):
        return envelope.read_reply(answer.body)
    message = value.get("message") if isinstance(value, dict) else None
    said = scrubbed(message, secrets=[secret]) if isinstance(message, str) else ""
    if 200 <= answer.status < 300:
        if said.lower() in _ONLY_STARTED:
            raise AnsweredNonsense(
                "The workflow was started and answered at once. Set its Webhook node to respond when the last node finishes, "
                "or with a Respond to Webhook node."
            )
        return Reply(output=value)
    if answer.status == 404:
        raise Unreachable(f"n8n knows no such webhook. {said}".strip(), may_have_run=False)
    if answer.status >= 500 and said:
        return Reply(output=value, is_error=True, error=said)
    raise refused(answer)


def _json(answer: Answer) -> JSON:
    if not answer.body.strip():
        if 200 <= answer.status < 300:
            raise AnsweredNonsense("The workflow answered nothing. Let it respond with JSON.")
        return None
    try:
        return loads(answer.body, max_depth=envelope.DEPTH)
    except InvalidDocument as error:
        if 200 <= answer.status < 300:
            raise AnsweredNonsense(f"The workflow answered something that is no JSON: {error.sentence}") from None
        return None
