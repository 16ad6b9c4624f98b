"""A real HTTP server that speaks OpenAI's `/embeddings`, for tests: lexical vectors, or whatever a test makes of the answer."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, ClassVar

from routing.embeddings.lexical import Lexical
from tests.model_service import Change, ModelService, listening

__all__ = ["Change", "EmbeddingService", "embedding_service"]


class EmbeddingService(ModelService):
    PATH: ClassVar[str] = "embeddings"

    def refusal(self, asked: dict[str, Any]) -> tuple[int, str] | None:
        return None if self.status == 200 else (self.status, f"no: {asked['input']}")

    def right(self, asked: dict[str, Any]) -> dict[str, Any]:
        assert asked["encoding_format"] == "float" and all(text for text in asked["input"])
        vectors = Lexical().embed(asked["input"])[:, : asked.get("dimensions")]
        rows = [
            {"object": "embedding", "index": index, "embedding": [7 * float(number) for number in vector]}
            for index, vector in enumerate(vectors)
        ]
        # the order is not promised: the last comes first
        return {"object": "list", "model": asked["model"], "data": rows[::-1], "usage": {"total_tokens": 1}}


@contextmanager
def embedding_service() -> Iterator[EmbeddingService]:
    service = EmbeddingService()
    with listening(service):
        yield service
