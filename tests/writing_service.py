"""A real HTTP server that speaks OpenAI's `/chat/completions`, for tests: the texts it is given, or whatever a test makes of the
answer."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, ClassVar

from tests.model_service import Change, ModelService, listening

__all__ = ["Change", "WritingService", "writing_service"]


@dataclass
class WritingService(ModelService):
    """`texts` are said as a JSON list, or `words` as they stand; `knows` is the one name of the limit that is taken."""

    PATH: ClassVar[str] = "chat/completions"
    texts: list[Any] = field(default_factory=list)
    words: str | None = None
    knows: str = "max_tokens"

    @property
    def tasks(self) -> list[str]:
        """What the model was asked to write, all words of it."""
        return ["\n".join(one["content"] for one in asked["messages"]) for asked in self.asked]

    def refusal(self, asked: dict[str, Any]) -> tuple[int, str] | None:
        status = 400 if self.status == 200 and self.knows not in asked else self.status
        return None if status == 200 else (status, f"no: {asked['messages']}")

    def right(self, asked: dict[str, Any]) -> dict[str, Any]:
        words = json.dumps(self.texts) if self.words is None else self.words
        message = {"role": "assistant", "content": words}
        usage = {"prompt_tokens": 120, "completion_tokens": 40, "total_tokens": 160}
        return {"choices": [{"index": 0, "message": message, "finish_reason": "stop"}], "usage": usage}


@contextmanager
def writing_service() -> Iterator[WritingService]:
    service = WritingService()
    with listening(service):
        yield service
