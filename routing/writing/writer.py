"""What a writer is. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Asked:
    """One request: who the model is to be, what it is to write, and how long it may become in tokens."""

    role: str
    task: str
    most_tokens: int


@dataclass(frozen=True, slots=True)
class Said:
    """A model's words, untrusted, and the tokens that the service counted (None where it says nothing). `is_cut`: they end where
    their length was used up."""

    text: str
    is_cut: bool = False
    tokens_in: int | None = None
    tokens_out: int | None = None


class Writer(Protocol):
    """Asks a language model. Safe to use from several threads."""

    @property
    def model(self) -> str:
        """The model's name and where it answers, such as `gpt-4o-mini@api.openai.com`."""

    def write(self, asked: Asked, *, seconds: float) -> Said:
        """The model's answer within so many seconds. Raises `WriterFailed`, and `AddressRefused` and `NoAnswer` of
        `governance.outbound`."""
