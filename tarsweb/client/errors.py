from __future__ import annotations

from dataclasses import dataclass
from typing import Any


class ClientError(Exception):
    """What the client raises; its text is a sentence for a person."""


class Unreachable(ClientError):
    """No answer came, or one that is no API's."""


@dataclass(eq=False)
class Problem(ClientError):
    """A refusal as the server said it (RFC 9457): `errors` are `(pointer, sentence)`, `link` a page where a person can go on."""

    status: int
    code: str
    detail: str
    request_id: str = ""
    errors: tuple[tuple[str, str], ...] = ()
    link: str = ""

    def __str__(self) -> str:
        return self.detail

    @classmethod
    def of(cls, status: int, body: dict[str, Any]) -> Problem:
        """From a problem's JSON; members that are missing are empty."""
        found = body.get("errors") or ()
        return cls(
            status=status,
            code=str(body.get("code", "")),
            detail=str(body.get("detail") or body.get("title") or f"The server answered {status}."),
            request_id=str(body.get("request_id", "")),
            errors=tuple((str(one.get("pointer", "")), str(one.get("detail", ""))) for one in found),
            link=str(body.get("link", "")),
        )
