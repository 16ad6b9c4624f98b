"""The protocol of OpenAI's `/chat/completions`: what is asked, and what an answer must be to be believed. Pure."""

from __future__ import annotations

import json
from typing import Any, Final

from routing.writing.writer import Asked, Said

MOST_BYTES: Final = 1024 * 1024
"""Of an answer, with whatever a model says of its thinking."""
MOST_TOKENS: Final = 10**9
"""What a service claims beyond this is no count."""
LIMITS: Final = ("max_tokens", "max_completion_tokens")
"""The names of the limit: servers of one's own know the first, OpenAI's newer models the second alone."""


class NotWords(ValueError):
    """The answer breaks the protocol; the message says how, in our own words."""


def question(asked: Asked, *, model: str, limit: str = LIMITS[0]) -> bytes:
    """The body that asks for one answer. Nothing is set that some models refuse, such as a temperature."""
    messages = [{"role": "system", "content": asked.role}, {"role": "user", "content": asked.task}]
    return json.dumps({"model": model, "messages": messages, limit: asked.most_tokens, "stream": False}).encode()


def said_of(body: bytes) -> Said:
    """The first choice's words. Raises `NotWords`."""
    try:
        answer = json.loads(body)
    except (ValueError, RecursionError):
        raise NotWords("it is no JSON") from None
    choices = answer.get("choices") if isinstance(answer, dict) else None
    choice = choices[0] if isinstance(choices, list) and choices and isinstance(choices[0], dict) else {}
    if not isinstance(message := choice.get("message"), dict):
        raise NotWords("it has no message under `choices`")
    if not isinstance(text := message.get("content"), str) or not text.strip():
        raise NotWords("it says nothing")
    usage = answer.get("usage")
    return Said(
        text,
        is_cut=choice.get("finish_reason") == "length",
        tokens_in=_count(usage, "prompt_tokens"),
        tokens_out=_count(usage, "completion_tokens"),
    )


def _count(usage: Any, name: str) -> int | None:
    found = usage.get(name) if isinstance(usage, dict) else None
    return found if type(found) is int and 0 <= found <= MOST_TOKENS else None
