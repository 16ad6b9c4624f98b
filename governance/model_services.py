"""A service that speaks OpenAI's protocol: a vendor, or a server of your own (vLLM, llama.cpp, Ollama).

Calls go through `governance.outbound`: no private address unless the operator names it, no redirect, a deadline, an answer cap.
INVARIANT: neither the key, nor what was asked, nor a word of the answer reaches an error or a log; a refusal names its status.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final
from urllib.parse import urlsplit

from governance.outbound import Answer, call

_HINTS: Final = {
    400: "It refuses the request: look at {setting}_MODEL{also}.",
    401: "It refuses the key: look at {setting}_KEY.",
    403: "It refuses the key: look at {setting}_KEY.",
    404: "It knows no such address or model: look at {setting}_URL and {setting}_MODEL.",
    429: "It has had too many requests, or the account is empty. Try again later.",
}
_OTHERWISE: Final = "Try again later, or look at the service."


@dataclass(frozen=True, slots=True, kw_only=True)
class Service:
    """Where to ask. `url` is the base, such as `https://api.openai.com/v1`."""

    url: str
    model: str
    key: str = field(default="", repr=False)

    @property
    def name(self) -> str:
        """The model's name with its host: another server's model may differ."""
        return f"{self.model}@{urlsplit(self.url).netloc}"

    def asked(self, path: str, body: bytes, *, deadline: float, most: int) -> Answer:
        """What it answers to this JSON, at most `most` bytes of it, within `deadline` seconds. Raises as `outbound.call` does."""
        headers = {"content-type": "application/json", "accept": "application/json"}
        if self.key:
            headers["authorization"] = f"Bearer {self.key}"
        url = f"{self.url.rstrip('/')}/{path}"
        return call("POST", url, content=body, headers=headers, deadline=deadline, most=most)


def refused(status: int, *, setting: str, also: str = "") -> str:
    """What was answered instead of 200, and where to look. `setting`: how the names of its settings begin; `also`: what else a
    refused request may be about, as " and NAME"."""
    return f"answered {status}. {_HINTS.get(status, _OTHERWISE).format(setting=setting, also=also)}"
